import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from matplotlib.figure import Figure

from f1lake.model import registry
from f1lake.settings import settings


def fit(folder: Path, fingerprint: str) -> registry.Fit:
    (folder / "thing").mkdir(parents=True)
    (folder / "thing" / "value.txt").write_text(fingerprint)
    return registry.Fit(
        folder=folder / "thing", loader_module="json", packages=("polars",),
        inputs=pl.Schema({"season": pl.Int32, "as_of": pl.Date}), outputs=pl.Schema({"probability": pl.Float64}),
        params={"rounds": 3}, metrics={"from_2006/all/log_loss": 0.5}, curves={"by_season": {2006: 0.25, 2007: 0.75}},
        figures={"empty": Figure()}, tables={"decisions": pl.DataFrame({"log_loss": [0.5]})},
        tags={"fingerprint": fingerprint},
    )


def test_without_a_version_there_is_no_champion():
    assert registry.versions("thing") == []
    with pytest.raises(registry.NoChampionError, match="f1lake train"):
        registry.champion("thing")


@pytest.mark.usefixtures("empty_store")
def test_what_is_registered_comes_back_and_the_alias_moves_only_when_told(tmp_path):
    first = registry.register("thing", fit(tmp_path / "1", "one"))
    assert registry.champion("thing") == first
    second = registry.register("thing", fit(tmp_path / "2", "two"))
    assert [version.tags["fingerprint"] for version in registry.versions("thing")] == ["one", "two"]
    assert registry.champion("thing") == first
    registry.crown("thing", second.number)
    assert (registry.fitted_folder(registry.champion("thing")) / "value.txt").read_text() == "two"
    registry.crown("thing", first.number)
    assert (registry.fitted_folder(registry.champion("thing")) / "value.txt").read_text() == "one"
    assert registry.logged_table(first, "decisions", pl.Schema({"log_loss": pl.Float64}))["log_loss"].to_list() == [0.5]


def test_runs_have_metrics_curves_and_figures_and_all_lies_under_the_home_of_the_lake(tmp_path, capfd):
    version = registry.register("thing", fit(tmp_path / "1", "one"))
    from mlflow import MlflowClient

    client = MlflowClient(settings().mlflow_uri)
    run = client.get_run(version.run_id)
    assert run.data.metrics["from_2006/all/log_loss"] == 0.5
    curve = client.get_metric_history(version.run_id, "by_season")
    assert [(point.step, point.value) for point in curve] == [(2006, 0.25), (2007, 0.75)]
    home = (settings().home / "mlflow").as_uri()
    assert run.info.artifact_uri.startswith(home)
    assert {file.path for file in client.list_artifacts(version.run_id)} >= {"empty.png", "decisions.json"}
    assert (settings().home / "mlflow" / "mlflow.db").is_file()
    assert "Created version" not in "".join(capfd.readouterr())


@pytest.mark.usefixtures("empty_store")
def test_pruning_removes_what_no_version_was_registered_from(tmp_path):
    kept = registry.register("thing", fit(tmp_path / "1", "one"))
    import mlflow

    experiment = mlflow.get_experiment_by_name("thing")
    with mlflow.start_run(experiment_id=experiment.experiment_id) as interrupted:
        mlflow.log_text("half a fit", "notes.txt")
    artifacts = Path(interrupted.info.artifact_uri.removeprefix("file://"))
    assert (artifacts / "notes.txt").is_file()
    assert registry.prune(dt.datetime(2020, 1, 1, tzinfo=dt.UTC)) == 0
    assert registry.prune(dt.datetime.now(dt.UTC) + dt.timedelta(days=1)) == 1
    assert not artifacts.exists()
    runs = mlflow.search_runs([experiment.experiment_id], run_view_type=3, output_format="list")
    assert [run.info.run_id for run in runs] == [kept.run_id]
    assert (registry.fitted_folder(registry.champion("thing")) / "value.txt").read_text() == "one"
