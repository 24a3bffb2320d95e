"""A dump says what the API says: the recording made of it equals the recorded answers, field by field."""

from pathlib import Path
from typing import Any

import pytest

from f1lake.upstream.dump.conversion import write_recording
from f1lake.upstream.dump.tables import read_tables
from f1lake_tests.dumps import answered_today, make_dump
from f1lake_tests.recorded_upstream import Told
from f1lake_tests.upstream.dump.conftest import AS_OF, SEASONS

AS_OF_INSTANT, SOURCE = f"{AS_OF}T22:15:40Z", f"jolpica dump of {AS_OF}"
KEYS = {
    "results": ("Driver", "number"), "sprint": ("Driver", "number"), "qualifying": ("Driver", "number"),
    "laps": ("number",), "Timings": ("driverId",), "pitstops": ("driverId", "stop"), "driverStandings": ("Driver",),
    "constructorStandings": ("Constructor",),
}
"""The order of rows is nobody's: what tells the rows of each list apart."""


def converted(archive: bytes, folder: Path) -> Told:
    """The recording made of an archive."""
    folder.mkdir()
    write_recording(read_tables(archive), folder, AS_OF_INSTANT, SOURCE)
    return Told(folder)


def keyed(value: Any, name: str = "") -> Any:
    """Lists of rows by their keys."""
    if isinstance(value, dict):
        return {key: keyed(inner, key) for key, inner in value.items()}
    if isinstance(value, list) and name in KEYS:
        rows = {str([row[key] for key in KEYS[name]]): keyed(row) for row in value}
        assert len(rows) == len(value), name
        return rows
    return value


def assert_equal(dumped: Told, recorded: Told) -> None:
    """Each race of the seasons that a dump has, list by list: pytest then shows the row that differs."""
    for season, races in answered_today(recorded, dumped.seasons).items():
        found = dumped.races(season)
        assert [race["round"] for race in found] == [race["round"] for race in races]
        for race, other in zip(map(keyed, found), map(keyed, races), strict=True):
            for who, row in race.get("driverStandings", {}).items():
                if "Constructors" not in other["driverStandings"][who]:
                    row.pop("Constructors", None)  # to 1995 the recording has none
            assert set(race) == set(other), (season, race["round"])
            for name in race:
                assert race[name] == other[name], (season, race["round"], name)


def test_some_seasons_are_what_the_api_answers(archive: bytes, told: Told, tmp_path: Path) -> None:
    dumped = converted(archive, tmp_path / "dumped")
    assert dumped.seasons == list(SEASONS)
    assert dumped.about == {"format": 1, "as_of": AS_OF_INSTANT, "source": SOURCE}
    assert_equal(dumped, told)


@pytest.mark.soak
def test_the_whole_history_is_what_the_api_answers(told: Told, recording: Path, tmp_path: Path) -> None:
    archive = make_dump(tmp_path / "dump.zip", AS_OF).read_bytes()
    dumped = converted(archive, tmp_path / "dumped")
    assert dumped.seasons == told.seasons
    assert_equal(dumped, told)
