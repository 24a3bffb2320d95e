"""The ledger follows the odds: what its sensors ask for when a table of odds was made."""

import dagster as dg
import pytest

from f1lake.automation.follow.publishing import ODDS_TABLES, PUBLISHING_SENSORS
from f1lake.automation.jobs import publish
from f1lake.runs import definitions

SENSORS = dict(zip(ODDS_TABLES, PUBLISHING_SENSORS, strict=True))


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("F1LAKE_NOW", "2026-07-05T18:00:00Z")


def ticked(instance: dg.DagsterInstance, odds: str, cursor: str | None) -> tuple[list[dg.RunRequest], str | None]:
    """What one evaluation of a sensor asks for, and its cursor afterwards."""
    repository = definitions().get_repository_def()
    with dg.build_sensor_context(instance=instance, cursor=cursor, repository_def=repository) as context:
        data = SENSORS[odds].evaluate_tick(context)
    return list(data.run_requests or []), data.cursor


def materialize(instance: dg.DagsterInstance, odds: str, *seasons: int) -> None:
    for season in seasons:
        made = dg.AssetMaterialization(dg.AssetKey(["odds", odds]), partition=str(season))
        instance.report_runless_asset_event(made)


@pytest.mark.parametrize("odds", ODDS_TABLES)
def test_odds_that_were_made_are_published_once_for_the_present_season(now, odds: str) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        nothing, cursor = ticked(instance, odds, None)
        assert nothing == []
        materialize(instance, odds, *range(1950, 2027))
        requests, cursor = ticked(instance, odds, cursor)
        assert [request.tags["dagster/asset_partition_range_start"] for request in requests] == ["2026"]
        assert ticked(instance, odds, cursor)[0] == [], "nothing new"
        materialize(instance, odds, 2026)
        assert len(ticked(instance, odds, cursor)[0]) == 1


def test_a_run_that_waits_already_publishes_for_all_three_tables(now) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        materialize(instance, "race_odds", 2026)
        job = definitions().resolve_job_def(publish.name)
        waiting = instance.create_run_for_job(job, status=dg.DagsterRunStatus.NOT_STARTED)
        requests, cursor = ticked(instance, "race_odds", None)
        assert (requests, cursor is not None) == ([], True)
        instance.report_run_canceled(waiting)
        materialize(instance, "race_odds", 2026)
        assert len(ticked(instance, "race_odds", cursor)[0]) == 1
