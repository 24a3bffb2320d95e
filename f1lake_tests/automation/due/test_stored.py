"""What a look at raw finds, as far as it decides what is asked for again."""

import datetime as dt
from typing import Any

import polars as pl

from f1lake.automation.due.stored import CALENDAR, RESULTS, look
from f1lake.raw import weather
from f1lake.storage.raw_io import RawIOManager
from f1lake.storage.schemas import CONTRACTS
from f1lake.storage.stored_types import storable

EVENT = {"season": 2026, "round": 3, "circuitId": "suzuka", "raceDate": dt.date(2026, 3, 29)}
NOW = dt.datetime(2026, 4, 1, tzinfo=dt.UTC)


def write(table: str, key: str, rows: list[dict[str, Any]]) -> None:
    """Rows of a table, all of its other columns null."""
    schema = storable(CONTRACTS[table].create_empty().lazy()).collect_schema()
    RawIOManager().write(table, key, pl.DataFrame(rows, schema=schema))


def test_live_timing_that_lacks_a_session_is_told_as_not_there_yet() -> None:
    write(CALENDAR, "2026", [EVENT])
    write(RESULTS, "2026-03", [EVENT | {"session": name, "driverId": "a"} for name in ("Qualifying", "Race")])
    write(weather.TABLE, "2026-03", [EVENT | {"session": "Race"}])
    assert look(NOW).empty[weather.TABLE] == {"2026-03"}
    write(weather.TABLE, "2026-03", [EVENT | {"session": name} for name in ("Qualifying", "Race", "Race")])
    assert look(NOW).empty[weather.TABLE] == frozenset()
    assert look(NOW).of(weather.TABLE) == {"2026-03"}
