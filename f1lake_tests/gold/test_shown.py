"""What each report shows of itself in the Dagster UI."""

from collections.abc import Callable

import dataframely as dy
import polars as pl
import pytest

from f1lake.gold import race_report, result_corrections, season_summary, teammate_duels, title_fights
from f1lake.gold.circuit_records import CircuitRecords
from f1lake.gold.driver_standings import DriverStandings
from f1lake.gold.standings import fight
from f1lake.storage.pictures import most_of

Shown = Callable[[pl.DataFrame], str]
SHOWN: list[tuple[Shown, type[dy.Schema]]] = [
    (lambda frame: fight(frame, "driver_id"), DriverStandings),
    (title_fights.leads, title_fights.TitleFights),
    (season_summary.winners, season_summary.SeasonSummary),
    (race_report.finishers, race_report.RaceReport),
    (teammate_duels.qualifying, teammate_duels.TeammateDuels),
    (result_corrections.by_column, result_corrections.ResultCorrections),
    (lambda frame: most_of(frame, "circuit_name", "races"), CircuitRecords),
]


@pytest.mark.parametrize(("shown", "schema"), SHOWN)
def test_a_report_without_numbers_is_a_preview_alone(shown: Shown, schema: type[dy.Schema]) -> None:
    for rows in (0, 1):
        assert "|" in shown(schema.create_empty().clear(n=rows))


def test_the_title_fight_shows_the_first_eight_of_the_newest_season(
    standings: dict[str, tuple[pl.DataFrame, pl.DataFrame]]
) -> None:
    picture = fight(standings["driver"][0], "driver_id")
    assert picture.startswith("![points by round](data:image/svg+xml;base64,")
    rows = [line.split("|") for line in picture.splitlines() if "| 2026" in line]
    assert [row[3].strip() for row in rows][:3] == ["antonelli", "russell", "hamilton"]
    assert len(rows) == 8
