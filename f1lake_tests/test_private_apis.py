"""Private names of libraries that f1lake uses: each is listed with the version it was read in and what depends on it.

Whoever upgrades a library reads this list: a private name may change without notice.
"""

import ast
import importlib
from importlib import metadata
from pathlib import Path

import pytest

import f1lake

PACKAGE = Path(f1lake.__file__).parent
READ_IN = {"dagster": "1.13", "fastf1": "3.9"}
"""The releases whose code was read for these names."""
DEPENDS = {
    "dagster._core.events.JobFailureData": "a lost run is reported as failed by unexpected termination",
    "dagster._core.events.RunFailureReason": "interrupted runs become Canceled, lost runs are started again",
    "dagster._core.storage.tags.GRPC_INFO_TAG": "the machine of a run is known",
    "dagster._core.storage.runs.SqlRunStorage": "a Dagster instance has an id, which holds the lease of a lake",
    "dagster._core.events.ASSET_EVENTS": "the events of a run's partitions are stored together",
    "dagster._core.events.log.EventLogEntry": "the same",
    "dagster._core.storage.event_log.SqlEventLogStorage": "the same",
    "dagster._core.storage.event_log.SqliteEventLogStorage": "the same",
    "dagster._core.storage.event_log.schema.SqlEventLogStorageTable": "the same",
    "dagster._core.storage.sql.create_engine": "the same",
    "dagster._core.storage.sqlite.SQLITE_BUSY_TIMEOUT_SECONDS": "the same",
    "dagster._serdes.ConfigurableClassData": "the same",
    "fastf1.req._SessionWithRateLimiting": "FastF1 reads recordings and kept pages, and its requests share one budget",
}


def used() -> set[str]:
    """The private names that the package imports."""
    imports = [
        f"{node.module}.{name.name}" for path in PACKAGE.rglob("*.py") for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) for name in node.names
    ]
    return {name for name in imports if any(part.startswith("_") and part != "__future__" for part in name.split("."))}


def test_every_private_name_is_listed_and_no_other() -> None:
    assert used() == set(DEPENDS)


@pytest.mark.parametrize("name", DEPENDS)
def test_a_private_name_is_there_in_the_release_that_was_read(name: str) -> None:
    library = name.partition(".")[0]
    installed = metadata.version(library)
    assert installed.startswith(f"{READ_IN[library]}."), (
        f"{library} {installed}: read how {name} works there, run the tests of what needs it ({DEPENDS[name]}), "
        "then change READ_IN"
    )
    module, _, attribute = name.rpartition(".")
    assert hasattr(importlib.import_module(module), attribute), f"without {name} this breaks: {DEPENDS[name]}"
