"""Which version bears an alias, asked without MLflow's client, whose import takes longer than computing odds.

A server is asked by MLflow's REST interface, a SQLite store by its tables. What cannot be told here is asked of MLflow
itself (`store.py`).
"""

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from f1lake.settings import settings

TIMEOUT_S = 10
NOT_THERE = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
"""What MLflow answers for a model, or for an alias, that it does not know."""

QUERY = """
select version.version, version.run_id, tag.key, tag.value
from registered_model_aliases as alias
join model_versions as version using (workspace, name, version)
left join model_version_tags as tag using (workspace, name, version)
where alias.name = ? and alias.alias = ?
"""


class CannotTellError(Exception):
    """The store did not answer as expected: it is of another release, wants another login, or is out of reach."""


def aliased(name: str, alias: str) -> tuple[int, str, Mapping[str, str]] | None:
    """Number, run and tags of the version of a registered model that bears an alias; None if none does.

    Raises `CannotTellError`.
    """
    address = settings().mlflow_uri
    return _of_server(address, name, alias) if address.startswith("http") else _of_file(address, name, alias)


def _of_file(address: str, name: str, alias: str) -> tuple[int, str, Mapping[str, str]] | None:
    path = Path(address.removeprefix("sqlite:///"))
    if not path.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as store:
            rows = store.execute(QUERY, (name, alias)).fetchall()
    except sqlite3.Error as error:
        raise CannotTellError(str(error)) from error
    return (rows[0][0], rows[0][1], {key: value for *_, key, value in rows if key}) if rows else None


def _of_server(address: str, name: str, alias: str) -> tuple[int, str, Mapping[str, str]] | None:
    import requests

    user, token = os.environ.get("MLFLOW_TRACKING_USERNAME"), os.environ.get("MLFLOW_TRACKING_TOKEN")
    try:
        answer = requests.get(
            f"{address.rstrip('/')}/api/2.0/mlflow/registered-models/alias",
            params={"name": name, "alias": alias},
            auth=(user, os.environ.get("MLFLOW_TRACKING_PASSWORD", "")) if user else None,
            headers={"Authorization": f"Bearer {token}"} if token and not user else {},
            timeout=TIMEOUT_S,
        )
        body: Any = answer.json()
        if answer.ok:
            version = body["model_version"]
            tags = {tag["key"]: tag.get("value", "") for tag in version.get("tags", ())}
            return int(version["version"]), version["run_id"], tags
        if body.get("error_code") in NOT_THERE:
            return None
    except (requests.RequestException, ValueError, LookupError, AttributeError) as error:
        raise CannotTellError(str(error)) from error
    raise CannotTellError(f"HTTP {answer.status_code}")
