import re

import polars as pl
import pytest

from f1lake.app.live import Snapshot
from f1lake.app.views import title_race_view


@pytest.fixture
def snapshot(race: pl.DataFrame) -> Snapshot:
    return Snapshot("1", race)


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_the_newest_season_and_its_contenders_come_first(snapshot: Snapshot):
    view = title_race_view(snapshot, "en")
    assert (view.season, view.seasons, view.drivers) == (
        2026,
        [2026, 2006],
        ["antonelli", "russell", "stroll"],
    )
    assert ("Antonelli", "antonelli") in view.driver_choices


def test_the_page_says_who_leads_and_what_happened_last(snapshot: Snapshot):
    now = words(title_race_view(snapshot, "en").now)
    assert "After the Chinese Grand Prix · 15 March 2026" in now
    assert "Antonelli Mercedes · 50.5 pts 55% to win the 2026 title" in now
    assert "Chinese Grand Prix: Antonelli +30 points of probability. Won by Antonelli." in now


def test_the_same_in_portuguese(snapshot: Snapshot):
    now = words(title_race_view(snapshot, "pt").now)
    assert "Depois do GP da China · 15 de março de 2026" in now
    assert "GP da China: Antonelli +30 pontos de probabilidade. Vitória de Antonelli." in now


def test_a_sprint_before_the_season_and_a_decided_title_have_words_of_their_own(race_2026: pl.DataFrame):
    def now(frame: pl.DataFrame) -> str:
        return words(title_race_view(Snapshot("1", frame), "en").now)

    days = race_2026["as_of"].unique().sort()
    assert "Chinese Grand Prix, sprint: Russell +5 points" in now(
        race_2026.filter(pl.col("as_of") <= days[2])
    )
    assert "No race has been run yet" in now(race_2026.filter(pl.col("as_of") == days[0]))
    decided = (pl.col("driver_id") == "antonelli").cast(pl.Float64)
    assert "100% 2026 champion" in now(race_2026.with_columns(probability=decided))


@pytest.mark.parametrize("language", ["en", "pt"])
def test_the_table_has_the_values_of_the_chart(snapshot: Snapshot, language: str):
    view = title_race_view(snapshot, language)
    cells = re.findall(r'data-driver="(\w+)" data-share="([\d.e-]+)"', view.table)
    names = {driver: name for name, driver in view.driver_choices}
    table = {(names[driver], float(share)) for driver, share in cells}
    assert view.chart is not None
    assert table == {(line.name, share) for line in view.chart.data for share in line.y}
    assert len(cells) == 3 * 4


def test_the_footer_names_the_model_the_hour_and_that_this_is_unofficial(snapshot: Snapshot):
    footer = words(title_race_view(snapshot, "en").footer)
    assert "version 1 Computed 15 March 2026, 18:04 UTC Knows every race up to 15 March 2026" in footer
    assert "unofficial project" in footer


def test_season_and_drivers_can_be_chosen(snapshot: Snapshot):
    view = title_race_view(snapshot, "en", "2026", ["bottas", "russell"])
    assert view.drivers == ["russell", "bottas"]
    assert title_race_view(snapshot, "en", 2006).season == 2006


@pytest.mark.parametrize("season", ["1949", "", None, [], {"x": 1}, "2026; DROP", 10**30])
@pytest.mark.parametrize("drivers", [None, "", ["nobody"], [""], [None, {}], 7, ["x" * 10_000] * 100])
def test_what_a_visitor_makes_up_falls_back_to_the_default(
    snapshot: Snapshot, season: object, drivers: object
):
    view = title_race_view(snapshot, "en", season, drivers)
    assert (view.season, view.drivers) == (2026, ["antonelli", "russell", "stroll"])


def test_names_from_the_lake_are_never_markup(race_2026: pl.DataFrame):
    hostile = race_2026.with_columns(
        name=pl.lit("<script>"), family_name=pl.lit("<script>"), team=pl.lit("<b>")
    )
    view = title_race_view(Snapshot("1", hostile), "en")
    assert "<script>" not in view.now + view.table + view.chart_title + view.footer


@pytest.mark.parametrize("language", ["en", "pt"])
def test_a_lake_without_odds_says_what_to_run(language: str):
    view = title_race_view(Snapshot("none", problem="no_odds"), language)
    assert view.chart is None
    assert "<code>make demo</code>" in view.now
