"""A new dump that says something else than the lake names the race, and nothing else."""

import hashlib
from collections.abc import Callable

import polars as pl
import pytest

from f1lake.raw import event_schedule, session_results
from f1lake.raw.dump_differences import differing
from f1lake.raw.event_schedule import collected_schedules
from f1lake.raw.session_results import collected_results, wanted_sessions
from f1lake.storage.raw_io import RawIOManager
from f1lake.upstream.dump.kept import ask_for
from f1lake.upstream.session import collecting
from f1lake_tests.upstream.dump.conftest import Service
from f1lake_tests.upstream.dump.test_tables import column

Edited = Callable[[str, Callable[[str], str]], bytes]


@pytest.fixture
def lake_of_dump(dumps: Service) -> Service:
    """Results of the first race of 2026 in the lake, as the dump has them."""
    ask_for()
    with collecting(from_dump=True) as session:
        calendar = collected_schedules(session, [2026]).rows
        RawIOManager().write(event_schedule.TABLE, "2026", calendar)
        results = collected_results(session, wanted_sessions(["2026-01"], calendar)).rows
        RawIOManager().write(session_results.TABLE, "2026-01", results)
    return dumps


def newer(dumps: Service, archive: bytes) -> list[str]:
    dumps.archive, dumps.stated = archive, hashlib.sha256(archive).hexdigest()
    dumps.made_at = "2026-04-08T22:15:40.930056Z"
    return differing(ask_for())


def test_the_same_says_the_same(lake_of_dump: Service) -> None:
    assert differing(ask_for()) == []


@pytest.mark.parametrize(
    ("table", "name", "value"), [("sessionentry", "points", "24"), ("sessionentry", "laps_completed", "7"),
                                 ("sessionentry", "detail", "Disqualified"), ("roundentry", "car_number", "99")]
)
def test_a_race_that_was_corrected_is_named(
    lake_of_dump: Service, edited: Edited, table: str, name: str, value: str
) -> None:
    assert newer(lake_of_dump, edited(table, column(name, lambda _: value))) == ["2026-01"]


def test_a_driver_or_team_that_is_told_otherwise_is_no_correction(lake_of_dump: Service, edited: Edited) -> None:
    assert newer(lake_of_dump, edited("driver", column("permanent_car_number", lambda _: "98"))) == []


def test_what_the_api_told_after_the_dump_was_made_is_the_newer_word(
    lake_of_dump: Service, edited: Edited
) -> None:
    stored = RawIOManager().read_one(session_results.TABLE, "2026-01")
    assert stored is not None
    of_api = stored.with_columns(source=pl.lit("jolpica"))
    changed = of_api.with_columns(pl.col("points") + 1)
    RawIOManager().write(session_results.TABLE, "2026-01", changed)
    assert differing(ask_for()) == []


def test_a_session_that_raw_lacks_of_an_event_is_named(lake_of_dump: Service) -> None:
    stored = RawIOManager().read_one(session_results.TABLE, "2026-01")
    assert stored is not None
    RawIOManager().write(session_results.TABLE, "2026-01", stored.filter(pl.col("session") == "Qualifying"))
    assert differing(ask_for()) == ["2026-01"]
