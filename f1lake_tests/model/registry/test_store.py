import datetime as dt
import subprocess
import sys
from pathlib import Path

import pytest

from f1lake.model.registry import kept, light, store
from f1lake.model.registry.names import registered_name
from f1lake.model.registry.prune import prune
from f1lake.settings import settings
from f1lake_tests.model.registry.small import SCHEMA, NoFit, logged

TOMORROW = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)


def register(folder: Path, recipe: str) -> store.Version:
    fit = NoFit(recipe)
    fit.save(folder / recipe)
    version = store.register("title", logged(fit, recipe), folder / recipe)
    assert version is not None
    return version


def recipe_of_champion() -> str:
    return NoFit.load(store.fitted_folder(store.champion("title"))).recipe


def test_without_a_version_there_is_no_champion():
    with pytest.raises(store.NoChampionError, match="f1lake train"):
        store.champion("title")
    assert not settings().home.exists()
    assert store.versions("title") == []
    with pytest.raises(store.NoChampionError, match="f1lake train"):
        store.champion("title")


@pytest.mark.usefixtures("empty_store")
def test_what_is_registered_comes_back_and_the_alias_moves_only_when_told(tmp_path):
    first = register(tmp_path, "one")
    with pytest.raises(store.NoChampionError):
        store.champion("title")
    store.crown("title", first.number)
    assert store.champion("title") == first
    second = register(tmp_path, "two")
    assert store.versions("title") == [first, second]
    assert store.champion("title") == first
    store.crown("title", second.number, replaces=first.number)
    assert recipe_of_champion() == "two"
    assert store.champion("title").tags[store.REPLACES] == "1"
    store.crown("title", first.number)
    assert recipe_of_champion() == "one"
    assert store.logged_table(first, "decisions", SCHEMA)["log_loss"].to_list() == [0.1, 0.6, 0.6]


@pytest.mark.usefixtures("empty_store")
def test_a_stranger_reads_what_it_is_and_all_lies_under_the_home_of_the_lake(tmp_path, capfd):
    version = register(tmp_path, "one")
    from mlflow import MlflowClient

    client = MlflowClient(settings().mlflow_uri)
    run = client.get_run(version.run_id)
    assert run.info.run_name == "nothing one"
    assert run.data.tags["mlflow.note.content"] == "Recipe one."
    assert run.data.params == {"rounds": "3"}
    assert run.data.metrics == {"log_loss_after_races": 0.5, "by_season": 0.75}
    curve = client.get_metric_history(version.run_id, "by_season")
    assert [(point.step, point.value) for point in curve] == [(2006, 0.25), (2007, 0.75)]
    files = {file.path for file in client.list_artifacts(version.run_id)}
    assert files == {"empty.png", "decisions.json", "recipe.json"}
    experiments = client.search_experiments()
    assert [(one.name, one.tags["mlflow.note.content"]) for one in experiments] == [
        (registered_name("title"), "Who wins nothing.")
    ]
    registered = client.get_registered_model(registered_name("title"))
    assert registered.description == "Who wins nothing."
    assert client.get_model_version(registered.name, "1").description == "Recipe one."
    home = (settings().home / "mlflow").as_uri()
    assert run.info.artifact_uri.startswith(home)
    assert (settings().home / "mlflow" / "mlflow.db").is_file()
    assert "Created version" not in "".join(capfd.readouterr())


@pytest.mark.usefixtures("empty_store")
def test_pruning_removes_what_no_version_was_registered_from(tmp_path):
    champion = register(tmp_path, "one")
    store.crown("title", champion.number)
    register(tmp_path, "two")
    import mlflow

    experiment = mlflow.get_experiment_by_name(registered_name("title"))
    with mlflow.start_run(experiment_id=experiment.experiment_id) as interrupted:
        mlflow.log_text("half a fit", "notes.txt")
    artifacts = Path(interrupted.info.artifact_uri.removeprefix("file://"))
    assert (artifacts / "notes.txt").is_file()
    assert prune(dt.datetime(2020, 1, 1, tzinfo=dt.UTC)) == 0
    assert prune(TOMORROW) == 1
    assert not artifacts.exists()
    assert len(mlflow.search_runs([experiment.experiment_id], output_format="list")) == 2
    assert [folder.name for folder in (settings().home / "fits").iterdir()] == [champion.run_id]
    assert recipe_of_champion() == "one"


def test_the_light_client_says_what_mlflow_says(tmp_path, mlflow_server, monkeypatch):
    name = registered_name("title")
    assert light.aliased(name, store.CHAMPION) is None
    version = register(tmp_path, "one")
    assert light.aliased(name, store.CHAMPION) is None
    store.crown("title", 1)
    assert store.champion("title") == version
    with monkeypatch.context() as patch:
        patch.setattr(light, "aliased", light_cannot_tell)
        assert store.champion("title") == version
    monkeypatch.setenv("F1LAKE_MLFLOW", f"{mlflow_server}/elsewhere")
    with pytest.raises(light.CannotTellError):
        light.aliased(name, store.CHAMPION)


def light_cannot_tell(name: str, alias: str) -> None:
    raise light.CannotTellError


@pytest.mark.usefixtures("empty_store")
def test_a_champion_that_this_machine_has_used_is_loaded_without_mlflow(tmp_path):
    store.crown("title", register(tmp_path, "one").number)
    code = (
        "import sys\n"
        "from f1lake.odds import race_odds, title_odds\n"
        "from f1lake.model.registry import store\n"
        "print((store.fitted_folder(store.champion('title')) / 'fit.json').read_text(), 'mlflow' in sys.modules)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["one", "False"]


@pytest.mark.usefixtures("empty_store")
def test_a_store_that_the_light_client_does_not_know_is_left_to_mlflow(monkeypatch, tmp_path):
    (tmp_path / "other.db").write_text("no database")
    monkeypatch.setenv("F1LAKE_MLFLOW", f"sqlite:///{tmp_path / 'other.db'}")
    with pytest.raises(light.CannotTellError):
        light.aliased("title", store.CHAMPION)


def test_a_fit_is_kept_whole_and_once(tmp_path):
    NoFit("one").save(tmp_path / "fit")
    for _ in range(2):
        kept.keep(tmp_path / "fit", "run")
    assert [path.name for path in (settings().home / "fits").iterdir()] == ["run"]
    kept.forget_all_but([])
    assert not list((settings().home / "fits").iterdir())
