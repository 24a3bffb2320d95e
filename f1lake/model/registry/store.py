"""The MLflow store: logs a fit with its scores, registers it, keeps the alias `champion`, and gives a fit back.

The only file that imports mlflow, and only inside functions: the import costs seconds, so what computes odds asks
`champion` and `fitted_folder`, which need it for a version that this machine has never used. Which fit deserves the
alias is decided by the caller. The store is `F1LAKE_MLFLOW`, else SQLite in the lake's own home with the artifacts
beside it. Models are known here as `title` and `race`; in the store they are called as `names.py` says.
"""

import contextlib
import io
import json
import logging
import os
import shutil
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import polars as pl

from f1lake.failures import ExplainedError
from f1lake.imports import without_garbage
from f1lake.model.registry import kept, light
from f1lake.model.registry.names import keep_name_of_lake, registered_name
from f1lake.settings import settings

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from mlflow import MlflowClient
    from mlflow.types import Schema as MlflowSchema

CHAMPION = "champion"

REPLACES, UNREADABLE = "replaces", "unreadable"
"""Tags of a version that took the alias: whose it was before; and of one that could not be loaded any more: why."""

DEFAULT_EXPERIMENT = "0"


class NoChampionError(ExplainedError):
    """No version of a model has been registered yet."""


class UnknownVersionError(ExplainedError):
    """The registry has no version of that number."""


@dataclass(frozen=True)
class Version:
    """A registered version of a model and its tags."""

    model: str
    number: int
    run_id: str
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Fit:
    """What is logged and registered of one fit.

    `subject` says what the model is about, `title` names the run and `description` says what this fit is: what a
    stranger reads first. `loader_module._load_pyfunc` reads the fitted pipeline; `inputs` are the columns that it
    asks for, `outputs` those that it gives. `recipe` is what was fitted; `metrics` are the few that versions are
    compared by; `curves` are metrics by season; `tables` hold the rest.
    """

    subject: str
    title: str
    description: str
    loader_module: str
    packages: tuple[str, ...]
    inputs: pl.Schema
    outputs: pl.Schema
    recipe: Mapping[str, Any]
    metrics: Mapping[str, float]
    curves: Mapping[str, Mapping[int, float]]
    figures: "Mapping[str, Figure]"
    tables: Mapping[str, pl.DataFrame]
    tags: Mapping[str, str]


def register(model: str, fit: Fit, folder: Path) -> Version | None:
    """Log a fit, stored in a folder, as an MLflow run and register it as the model's next version; the alias stays.

    None if another process registered the same fit (tag `fingerprint`) meanwhile: the lower number stays, the other
    version is removed again.
    """
    keep_name_of_lake()
    name = registered_name(model)
    with connected() as client:
        import mlflow
        from mlflow.entities import Metric
        from mlflow.exceptions import MlflowException
        from mlflow.models import ModelSignature

        try:
            experiment = _experiment(client, name, fit.subject)
        except MlflowException:  # another process made it meanwhile
            experiment = _experiment(client, name, fit.subject)
        described = {"run_name": fit.title, "description": fit.description, "tags": dict(fit.tags)}
        with mlflow.start_run(experiment_id=experiment, **described) as run:
            run_id = run.info.run_id
            short = {name: value for name, value in fit.recipe.items() if isinstance(value, int | float | str)}
            mlflow.log_params(short)
            mlflow.log_text(json.dumps(dict(fit.recipe), indent=1), "recipe.json")
            mlflow.log_metrics(dict(fit.metrics))
            points = [Metric(curve, y, 0, x) for curve, values in fit.curves.items() for x, y in values.items()]
            client.log_batch(run_id, metrics=points)
            for title, figure in fit.figures.items():
                mlflow.log_figure(figure, f"{title}.png")
            for title, table in fit.tables.items():
                rows = table.with_columns(pl.col(pl.Date).cast(pl.String)).to_dict(as_series=False)
                mlflow.log_table(rows, f"{title}.json")
            logged = mlflow.pyfunc.log_model(
                name=model, loader_module=fit.loader_module, data_path=str(folder),
                pip_requirements=[f"{package}=={installed(package)}" for package in fit.packages],
                signature=ModelSignature(_columns(fit.inputs), _columns(fit.outputs)),
            )
        with contextlib.redirect_stderr(io.StringIO()):  # it says what it does on stderr, not in its log
            new_version = mlflow.register_model(logged.model_uri, name, tags=dict(fit.tags))
        client.update_registered_model(name, fit.subject)
        client.update_model_version(name, new_version.version, fit.description)
        version = Version(model, int(new_version.version), run_id, fit.tags)
        if any(_is_same(earlier, version) for earlier in versions(model)):
            client.delete_model_version(name, new_version.version)
            remove(client, [run_id])
            return None
    kept.keep(folder, run_id)
    return version


def versions(model: str) -> list[Version]:
    """Every registered version of a model, oldest first."""
    with connected() as client:
        registered = client.search_model_versions(f"name='{registered_name(model)}'")
    known = (Version(model, int(v.version), str(v.run_id), v.tags) for v in registered)
    return sorted(known, key=lambda version: version.number)


def champion(model: str) -> Version:
    """The version that bears the alias. Raises `NoChampionError` if none does."""
    name = registered_name(model)
    try:
        aliased = light.aliased(name, CHAMPION)
    except light.CannotTellError:
        aliased = _aliased(name)
    if aliased is None:
        raise NoChampionError(
            "no version of the model {name!r} is champion in {address}: run `f1lake train`",
            name=name, address=settings().mlflow_uri,
        )
    return Version(model, *aliased)


def version(model: str, number: int) -> Version:
    """A registered version. Raises `UnknownVersionError`."""
    by_number = {known.number: known for known in versions(model)}
    if number not in by_number:
        raise UnknownVersionError(
            "the model {model!r} has no version {number}; there are {known}", model=model, number=number,
            known=[*by_number],
        )
    return by_number[number]


def crown(model: str, number: int, replaces: int | None = None) -> None:
    """Give the alias `champion` to a version: how a better one is published, and an older one restored."""
    name = registered_name(model)
    with connected() as client:
        client.set_registered_model_alias(name, CHAMPION, str(number))
        if replaces is not None:
            client.set_model_version_tag(name, str(number), REPLACES, str(replaces))


def tag(version: Version, tags: Mapping[str, str]) -> None:
    """Write something down about a version."""
    with connected() as client:
        for key, value in tags.items():
            client.set_model_version_tag(registered_name(version.model), str(version.number), key, value)


def fitted_folder(version: Version) -> Path:
    """The folder of a version's fitted pipeline, as it was when registered; kept in the home from its first use on."""
    folder = kept.folder_of(version.run_id)
    if not folder.is_dir():
        with connected():
            from mlflow.artifacts import download_artifacts

            place = download_artifacts(f"models:/{registered_name(version.model)}/{version.number}")
        kept.keep(next((Path(place) / "data").iterdir()), version.run_id)
    return folder


def logged_table(version: Version, name: str, schema: pl.Schema) -> pl.DataFrame:
    """A table that was logged with a version."""
    with connected():
        from mlflow.artifacts import load_text

        table = json.loads(load_text(f"runs:/{version.run_id}/{name}.json"))  # as `mlflow.log_table` writes it
    as_text = {column: pl.String if schema[column] == pl.Date else schema[column] for column in table["columns"]}
    rows = pl.DataFrame(table["data"], schema=as_text, orient="row").select(schema.names())
    return rows.with_columns(pl.col(column).str.to_date() for column, dtype in schema.items() if dtype == pl.Date)


def remove(client: "MlflowClient", run_ids: Iterable[str]) -> None:
    """Delete runs and the models logged in them, with their files; on a server, whose disks are its keeper's business
    (`mlflow gc`), they are marked as deleted.
    """
    for run_id in run_ids:
        run = client.get_run(run_id)
        models = run.outputs.model_outputs if run.outputs else []
        logged = [client.get_logged_model(output.model_id) for output in models]
        for one in logged:
            client.delete_logged_model(one.model_id)
        client.delete_run(run_id)
        if not _is_server():
            for place in (run.info.artifact_uri, *(one.artifact_location for one in logged)):
                shutil.rmtree(unquote(urlsplit(place).path), ignore_errors=True)


def _is_same(earlier: Version, version: Version) -> bool:
    """Whether a version was registered before another from the same recipe and data, and can still be loaded."""
    is_same = earlier.tags["fingerprint"] == version.tags["fingerprint"] and UNREADABLE not in earlier.tags
    return is_same and earlier.number < version.number


def _aliased(name: str) -> tuple[int, str, Mapping[str, str]] | None:
    with connected() as client:
        from mlflow.exceptions import MlflowException

        try:
            aliased = client.get_model_version_by_alias(name, CHAMPION)
        except MlflowException as error:
            if error.error_code not in light.NOT_THERE:
                raise
            return None
    return int(aliased.version), str(aliased.run_id), aliased.tags


def _columns(schema: pl.Schema) -> "MlflowSchema":
    """Columns as MLflow's signature has them: every number a double, for one may be missing."""
    from mlflow.types import ColSpec, Schema

    types = {pl.Boolean: "boolean", pl.String: "string", pl.Date: "datetime"}
    return Schema([ColSpec(types.get(dtype.base_type(), "double"), name) for name, dtype in schema.items()])


def _experiment(client: "MlflowClient", name: str, subject: str) -> str:
    experiment = client.get_experiment_by_name(name)
    if experiment is not None:
        return experiment.experiment_id
    about = {"mlflow.note.content": subject}
    if _is_server():
        return client.create_experiment(name, tags=about)  # it knows where its artifacts go
    is_default_left = client.get_experiment(DEFAULT_EXPERIMENT).lifecycle_stage == "active"
    if settings().mlflow is None and is_default_left and not client.search_runs([DEFAULT_EXPERIMENT]):
        client.delete_experiment(DEFAULT_EXPERIMENT)  # once for all: MLflow counts a deleted one as there
    return client.create_experiment(name, (settings().home / "mlflow" / "artifacts").as_uri(), about)


def _is_server() -> bool:
    return settings().mlflow_uri.startswith("http")


@contextlib.contextmanager
def connected() -> Iterator["MlflowClient"]:
    """The configured store as MLflow's current one, and quiet: no migration log, no advice, no telemetry."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")  # a bar of one file, in the midst of ours
    uri = settings().mlflow_uri
    if settings().mlflow is None:
        (settings().home / "mlflow").mkdir(parents=True, exist_ok=True)
    loud = [logging.getLogger(name) for name in ("mlflow", "alembic")]
    levels = [logger.level for logger in loud]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with without_garbage():
            import mlflow

        for logger in loud:
            logger.setLevel(logging.WARNING)
        mlflow.set_tracking_uri(uri)
        mlflow.set_registry_uri(uri)
        try:
            yield mlflow.MlflowClient(uri, uri)
        finally:
            for logger, level in zip(loud, levels, strict=True):
                logger.setLevel(level)
