"""Which version is published, in the embedded store and in a real MLflow server."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from f1lake.model.registry import promotion, store
from f1lake.model.registry.names import registered_name
from f1lake.model.registry.prune import prune
from f1lake.settings import settings
from f1lake.storage import files
from f1lake.storage.lake import NAME_FILE, uri
from f1lake.storage.world import FIRST_TABLE
from f1lake_tests.model.registry.small import NoFit, enter, logged

LESS = {2006: 0.5, 2007: 0.5}
MORE = {2006: 0.9, 2007: 0.9}


def play_through() -> None:
    assert enter(NoFit()) == {"takes_over": True, "because": "the first version"}
    worse = enter(NoFit("worse", losses=MORE))
    assert not worse["takes_over"]
    assert worse["decisions"] == 2
    assert store.champion("title").number == 1
    assert enter(NoFit("better", losses=LESS))["takes_over"]
    assert store.champion("title").number == 3
    said = [version.tags["decision"] for version in store.versions("title")]
    assert "not champion (decisions 2, margin 0.0100, seasons_from 2006, log_loss 0.9000, log_loss_of_cha" in said[1]
    assert promotion.rollback("title") == 1
    promotion.promote("title", 2)
    assert store.champion("title").number == 2
    assert promotion.rollback("title") == 1
    assert NoFit.load(store.fitted_folder(store.champion("title"))).recipe == "ours"


@pytest.mark.usefixtures("empty_store")
def test_a_challenger_is_published_only_if_better_and_one_command_restores():
    play_through()
    with pytest.raises(promotion.NothingToRestoreError):
        promotion.rollback("title")
    with pytest.raises(store.UnknownVersionError, match="no version 9"):
        promotion.promote("title", 9)


@pytest.mark.usefixtures("mlflow_server")
def test_the_same_in_a_server_of_ones_own():
    play_through()


@pytest.mark.usefixtures("empty_store")
@pytest.mark.parametrize(
    ("later", "because"),
    [
        ({"seasons": 57}, "seasons 057, the champion's is 058"),
        ({"fitted_through": 2006}, "fitted_through 2006, the champion's is 2007"),
        ({"now": "2007-12-31"}, "known_until 2007-12-31T00:00:00+00:00, the champion's is 2008-01-01T00:00:00+00:00"),
        ({"seasons": 59, "fitted_through": 2008}, "the champion's recipe, refitted"),
    ],
)
def test_the_champions_own_recipe_takes_over_only_if_it_has_seen_as_much(monkeypatch, later, because):
    monkeypatch.setenv("F1LAKE_NOW", "2008-01-01")
    enter(NoFit())
    monkeypatch.setenv("F1LAKE_NOW", later.get("now", "2008-01-01"))
    fit = NoFit(fitted_through=later.get("fitted_through", 2007))
    said = enter(fit, later.get("seasons", 58), data="other")
    assert said == {"takes_over": because.endswith("refitted"), "because": because}


@pytest.mark.usefixtures("empty_store")
def test_a_better_recipe_that_has_seen_less_is_not_published():
    enter(NoFit())
    assert not enter(NoFit("better", losses=LESS), seasons=57)["takes_over"]
    assert store.champion("title").number == 1


def test_only_decisions_after_2005_that_both_were_scored_on_are_compared_and_by_a_margin():
    ours = pl.DataFrame({"season": [2004, 2006, 2007], "log_loss": [0.1, 0.5, 0.5]})
    by = ours.with_columns
    assert promotion.compared(by(pl.col("log_loss") - 0.011), ours).takes_over
    assert not promotion.compared(by(pl.col("log_loss") - 0.009), ours).takes_over
    before = pl.when(pl.col("season") < 2006).then(0.0).otherwise("log_loss")
    assert not promotion.compared(by(log_loss=before), ours).takes_over
    in_one_season = pl.when(season=ours["season"].max()).then(pl.col("log_loss") - 1).otherwise("log_loss")
    assert not promotion.compared(by(in_one_season), ours).takes_over, "one season is chance"
    assert promotion.compared(by(pl.col("log_loss") - 0.1), ours.tail(1)).figures["decisions"] == 1
    assert not promotion.compared(ours, ours.clear()).takes_over


def lake_of(monkeypatch: pytest.MonkeyPatch, folder: Path, source: str = "jolpica") -> str:
    monkeypatch.setenv("F1LAKE_LAKE", str(folder / "lake"))
    rows = pl.DataFrame({"source": [source]})
    path = folder / "lake" / FIRST_TABLE / "season=2007.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows.write_parquet(path)
    return registered_name("title")


def test_lakes_beside_each_other_on_one_server_leave_each_other_and_other_teams_alone(
    tmp_path, monkeypatch, mlflow_server
):
    import datetime as dt

    import mlflow

    real = lake_of(monkeypatch, tmp_path / "real")
    enter(NoFit())
    client = mlflow.MlflowClient(mlflow_server, mlflow_server)
    foreign = client.create_run(client.create_experiment("of another team"))
    champion = client.get_model_version_by_alias(real, "champion")

    invented = lake_of(monkeypatch, tmp_path / "invented", "invented (seed 7)")
    enter(NoFit("demo", losses=LESS))
    short = lake_of(monkeypatch, tmp_path / "short")
    enter(NoFit("short", losses=LESS), seasons=12)
    interrupted = client.create_run(client.get_experiment_by_name(short).experiment_id)
    assert prune(dt.datetime.now(dt.UTC) + dt.timedelta(days=1)) == 1

    assert len({real, invented, short}) == 3
    assert "title-real-lake" in real
    assert "title-invented-seed-7-lake" in invented
    assert client.get_model_version_by_alias(real, "champion") == champion
    assert client.get_run(foreign.info.run_id).info.lifecycle_stage == "active"
    assert client.get_run(champion.run_id).info.lifecycle_stage == "active"
    assert client.get_run(interrupted.info.run_id).info.lifecycle_stage == "deleted"

    copied = tmp_path / "moved"
    (tmp_path / "real").rename(copied)
    assert lake_of(monkeypatch, copied) == real
    assert NoFit.load(store.fitted_folder(store.champion("title"))).recipe == "ours"  # nothing of it in this home
    assert not enter(NoFit("better", losses=LESS), seasons=57)["takes_over"]  # a copy that has seen less


@pytest.mark.usefixtures("mlflow_server")
def test_two_runs_at_once_register_the_same_fit_once():
    """Both find nothing registered, both register; one of the two versions stays."""
    assert promotion.unregistered(NoFit, ["same"]) == ["same"]
    code = (
        "from f1lake.model.registry.promotion import challenge\n"
        "from f1lake_tests.model.registry.small import NoFit, logged\n"
        "print(challenge(NoFit(), logged(NoFit(), 'same')).figures['because'])\n"
    )

    def train(_: int) -> str:
        command = [sys.executable, "-c", code]
        return subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ}).stdout

    with ThreadPoolExecutor(2) as pool:
        said = sorted(line.splitlines()[-1] for line in pool.map(train, range(2)))
    assert len(store.versions("title")) == 1
    assert store.champion("title") == store.versions("title")[0]
    assert "the first version" in said


@pytest.mark.usefixtures("empty_store")
def test_of_two_versions_with_one_fingerprint_the_earlier_stays(tmp_path):
    fit = NoFit()
    fit.save(tmp_path / "fit")
    first = store.register("title", logged(fit, "same"), tmp_path / "fit")
    assert store.register("title", logged(fit, "same"), tmp_path / "fit") is None
    assert store.versions("title") == [first]


@pytest.mark.usefixtures("empty_store")
def test_a_champion_that_cannot_be_loaded_is_registered_anew():
    import shutil

    enter(NoFit())
    assert enter(NoFit()) == {}
    shutil.rmtree(settings().home / "fits")
    shutil.rmtree(settings().home / "mlflow" / "artifacts")  # as in a store restored at another path
    said = enter(NoFit())
    assert said["takes_over"]
    assert "version 1 cannot be loaded" in str(said["because"])
    assert store.champion("title").number == 2
    assert enter(NoFit()) == {}


@pytest.mark.usefixtures("empty_store")
def test_the_learners_of_a_fit_are_versions_of_their_own_and_compared():
    fit = NoFit()
    losses = {"logit": fit.losses, "xgboost": LESS}

    def as_logged(one: NoFit, known: str) -> store.Fit:
        return logged(replace(one, losses=losses[one.published]), known)

    said = promotion.offer(NoFit, "data", [*losses], lambda: fit, as_logged)
    assert said["xgboost: takes_over"]
    assert [version.tags["learner"] for version in store.versions("title")] == ["logit", "xgboost"]
    assert store.champion("title").tags["learner"] == "xgboost"


def test_a_lake_that_has_registered_nothing_is_not_written_to():
    registered_name("title")
    assert files.get(uri(NAME_FILE)) is None
    assert not Path(settings().lake).exists()
