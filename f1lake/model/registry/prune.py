"""Removes what no version needs: runs without one, and fits that this machine has kept and nobody publishes."""

import contextlib
import datetime as dt

from f1lake.model.registry import kept, store
from f1lake.model.registry.names import registered_name
from f1lake.model.registry.registered import Registered


def prune(before: dt.datetime) -> int:
    """Remove the runs of this lake's experiments that began before and that no version was registered from; how many.

    Experiments of other lakes and other teams are not looked at. Of the fits kept in the home those of champions stay.
    """
    names = [registered_name(model) for model in Registered]
    with store.connected() as client:
        ours = [experiment.experiment_id for name in names if (experiment := client.get_experiment_by_name(name))]
        old = f"attributes.start_time < {int(before.timestamp() * 1000)}"
        runs = {run.info.run_id for run in client.search_runs(ours, old)} if ours else set()
        unneeded = runs - {version.run_id for model in Registered for version in store.versions(model)}
        store.remove(client, unneeded)
    champions = set[str]()
    for model in Registered:
        with contextlib.suppress(store.NoChampionError):
            champions.add(store.champion(model).run_id)
    kept.forget_all_but(champions)
    return len(unneeded)
