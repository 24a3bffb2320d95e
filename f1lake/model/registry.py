"""The MLflow store: logs a fit with its scores, registers it, and keeps the alias `champion`.

The only file that imports mlflow, and only inside functions: the import costs seconds. Which fit
deserves the alias is decided by the caller. The store is `F1LAKE_MLFLOW`, else SQLite in the
lake's own home with the artifacts beside it.
"""

import contextlib
import datetime as dt
import io
import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from f1lake.settings import settings

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from mlflow import MlflowClient
    from mlflow.types import Schema as MlflowSchema

CHAMPION = "champion"
MANY = 1000
"""Runs looked through at once."""
NOT_THERE = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
"""What MLflow answers for a model, or for an alias, that it does not know."""


REPLACES = "replaces"
"""The tag of a version that took the alias: whose it was before."""


class NoChampionError(LookupError):
    """No version of a model has been registered yet."""


class UnknownVersionError(LookupError):
    """The registry has no version of that number."""


@dataclass(frozen=True)
class Version:
    """A registered version of a model and the tags that it was registered with."""

    model: str
    number: int
    run_id: str
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Fit:
    """What is logged and registered of one fit.

    `folder` holds the fitted pipeline as `loader_module._load_pyfunc` reads it; `inputs` are the
    columns that it asks for, `outputs` those that it gives. `curves` are metrics by step (a season, a
    round of boosting); `tables` land as JSON beside the model, for whoever compares versions later.
    """

    folder: Path
    loader_module: str
    packages: tuple[str, ...]
    inputs: pl.Schema
    outputs: pl.Schema
    params: Mapping[str, Any]
    metrics: Mapping[str, float]
    curves: Mapping[str, Mapping[int, float]]
    figures: "Mapping[str, Figure]"
    tables: Mapping[str, pl.DataFrame]
    tags: Mapping[str, str]


def register(model: str, fit: Fit) -> Version:
    """Log a fit as an MLflow run and register it as the next version of a model.

    The first one is champion at once; later the alias moves only by `crown`.
    """
    with _store() as client:
        import mlflow
        from mlflow.entities import Metric
        from mlflow.models import ModelSignature

        with mlflow.start_run(experiment_id=_experiment(client, model), tags=dict(fit.tags)) as run:
            run_id = run.info.run_id
            mlflow.log_params(dict(fit.params))
            mlflow.log_metrics(dict(fit.metrics))
            points = [Metric(name, y, 0, x) for name, curve in fit.curves.items() for x, y in curve.items()]
            client.log_batch(run_id, metrics=points)
            for name, figure in fit.figures.items():
                mlflow.log_figure(figure, f"{name}.png")
            for name, table in fit.tables.items():
                mlflow.log_text(table.write_json(), f"{name}.json")
            logged = mlflow.pyfunc.log_model(
                name=model, loader_module=fit.loader_module, data_path=str(fit.folder),
                pip_requirements=[f"{package}=={installed(package)}" for package in fit.packages],
                signature=ModelSignature(_columns(fit.inputs), _columns(fit.outputs)),
            )
        with contextlib.redirect_stderr(io.StringIO()):  # it says what it does on stderr, not in its log
            made = mlflow.register_model(logged.model_uri, model, tags=dict(fit.tags))
        if not client.get_registered_model(model).aliases:
            client.set_registered_model_alias(model, CHAMPION, made.version)
    return Version(model, int(made.version), run_id, fit.tags)


def versions(model: str) -> list[Version]:
    """Every registered version of a model, oldest first."""
    with _store() as client:
        found = client.search_model_versions(f"name='{model}'")
    return sorted(
        (Version(model, int(v.version), str(v.run_id), v.tags) for v in found), key=lambda version: version.number
    )


def champion(model: str) -> Version:
    """The version that bears the alias. Raises `NoChampionError` if none does."""
    with _store() as client:
        from mlflow.exceptions import MlflowException

        try:
            found = client.get_model_version_by_alias(model, CHAMPION)
        except MlflowException as error:
            if error.error_code not in NOT_THERE:
                raise
            raise NoChampionError(
                f"no version of the model {model!r} is champion in {settings().mlflow_uri}: run `f1lake train`"
            ) from error
    return Version(model, int(found.version), str(found.run_id), found.tags)


def version(model: str, number: int) -> Version:
    """A registered version. Raises `UnknownVersionError`."""
    found = {known.number: known for known in versions(model)}
    if number not in found:
        raise UnknownVersionError(f"the model {model!r} has no version {number}; there are {sorted(found)}")
    return found[number]


def crown(model: str, number: int, replaces: int | None = None) -> None:
    """Give the alias `champion` to a version: how a better one is published, and an older one restored."""
    with _store() as client:
        client.set_registered_model_alias(model, CHAMPION, str(number))
        if replaces is not None:
            client.set_model_version_tag(model, str(number), REPLACES, str(replaces))


def tag(version: Version, tags: Mapping[str, str]) -> None:
    """Write something down about a version."""
    with _store() as client:
        for name, value in tags.items():
            client.set_model_version_tag(version.model, str(version.number), name, value)


def fitted_folder(version: Version) -> Path:
    """The folder of a version's fitted pipeline, as it was when registered."""
    with _store():
        from mlflow.artifacts import download_artifacts

        place = download_artifacts(f"models:/{version.model}/{version.number}")
    return next((Path(place) / "data").iterdir())


def logged_table(version: Version, name: str, schema: pl.Schema) -> pl.DataFrame:
    """A table that was logged with a version."""
    with _store():
        from mlflow.artifacts import load_text

        return pl.read_json(load_text(f"runs:/{version.run_id}/{name}.json").encode(), schema=schema)


def prune(before: dt.datetime) -> int:
    """Remove for good the runs that began before and that no version was registered from; how many.

    On an MLflow server they are marked as deleted: what is on its disks is its keeper's business (`mlflow gc`).
    """
    with _store() as client:
        registered = {version.run_id for version in client.search_model_versions()}
        experiments = [experiment.experiment_id for experiment in client.search_experiments()]
        old = f"attributes.start_time < {int(before.timestamp() * 1000)}"
        found = {run.info.run_id for run in client.search_runs(experiments, old, max_results=MANY)}
        unneeded = sorted(found - registered)
        for run_id in unneeded:
            client.delete_run(run_id)
        if unneeded and settings().mlflow_uri.startswith("sqlite:"):
            from mlflow.cli import gc

            with contextlib.redirect_stdout(io.StringIO()):
                gc.main(
                    ["--backend-store-uri", settings().mlflow_uri, "--run-ids", ",".join(unneeded)],
                    standalone_mode=False,
                )
    return len(unneeded)


def _columns(schema: pl.Schema) -> "MlflowSchema":
    """Columns as MLflow's signature has them: every number a double, for one may be missing."""
    from mlflow.types import ColSpec, Schema

    types = {pl.Boolean: "boolean", pl.String: "string", pl.Date: "datetime"}
    return Schema([ColSpec(types.get(dtype.base_type(), "double"), name) for name, dtype in schema.items()])


def _experiment(client: "MlflowClient", name: str) -> str:
    found = client.get_experiment_by_name(name)
    if found is not None:
        return found.experiment_id
    ours = settings().mlflow_uri.startswith("sqlite:")  # a server knows where its artifacts go
    return client.create_experiment(name, (settings().home / "mlflow" / "artifacts").as_uri() if ours else None)


@contextlib.contextmanager
def _store() -> Iterator["MlflowClient"]:
    """The configured store as MLflow's current one, and quiet: no migration log, no advice, no telemetry."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    uri = settings().mlflow_uri
    if uri == f"sqlite:///{settings().home / 'mlflow' / 'mlflow.db'}":
        (settings().home / "mlflow").mkdir(parents=True, exist_ok=True)
    loud = [logging.getLogger(name) for name in ("mlflow", "alembic")]
    levels = [logger.level for logger in loud]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
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
