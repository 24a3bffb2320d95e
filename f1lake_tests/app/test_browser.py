"""The app in Debian's Chromium, as a visitor sees it, on a lake built from the recording, real or invented.

The main path; every view and page in both languages and widths is opened by `soak/test_every_page.py`.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from f1lake_tests.app.browsing import CUT_OFF, browser, needs_chromium, served, visit
from f1lake_tests.app.small import store

__all__ = ["browser", "served", "visit"]

pytestmark = needs_chromium
SEASON = 2018
CHART = """at => {
  const chart = document.querySelectorAll(".lines")[at];
  return [[...chart.querySelectorAll(".marks span")].map(mark => [parseFloat(mark.style.top), mark.textContent]),
    [...chart.querySelectorAll("path.line")].map(path => [path.dataset.name, path.getAttribute("d")])];
}"""
WIN_CHANCES = """rows => rows.map(row =>
  [row.dataset.id, parseFloat(row.querySelector("[data-share]").dataset.share)])"""


@dataclass(frozen=True)
class Story:
    """What happened in `SEASON`, read from the lake and not through the app."""

    drivers: list[tuple[str, str]]
    """Ids and family names by their final places."""
    races: list[tuple[str, str, str]]
    """Names, days and winners' family names of the races in order."""


@pytest.fixture(scope="module")
def story(served: tuple[str, Path]) -> Story:
    def table(name: str) -> pl.DataFrame:
        return pl.read_delta(str(served[1] / name)).filter(season=SEASON)

    names = table("silver/drivers").select("driver_id", "family_name")
    standings = table("gold/driver_standings")
    final = standings.filter(pl.col("round") == pl.col("round").max()).sort("position", nulls_last=True)
    won = table("silver/session_results").filter(pl.col("session").cast(pl.String) == "Race", position=1)
    races = won.join(table("silver/events"), on="round").join(names, on="driver_id").sort("round")
    return Story(
        final.join(names, on="driver_id", maintain_order="left").select("driver_id", "family_name").rows(),
        races.select("event_name", pl.col("event_date").cast(pl.String), "family_name").rows(),
    )


def _drawn(page, at: int = 0) -> dict[str, list[float]]:
    """The values of each line of a chart, read back from what is drawn and the numbers on its axis."""
    marks, lines = page.evaluate(CHART, at)
    (low_at, low), *_, (high_at, high) = [
        (10 * top, float(words.replace("−", "-").rstrip("%")) / (100 if "%" in words else 1)) for top, words in marks
    ]
    return {
        name: [
            low + (high - low) * (low_at - float(y)) / (low_at - high_at)
            for y in re.findall(r"[ML][\d.]+ ([\d.-]+)", path)
        ]
        for name, path in lines
    }


def test_the_page_speaks_the_language_of_the_browser_and_of_the_switch(visit: Callable):
    assert "Title odds" in visit().inner_text("h1")
    page = visit(locale="pt-BR")
    assert "Chances de título" in page.inner_text("h1")
    page.locator(".languages a", has_text="EN").click()
    page.wait_for_selector("h1:has-text('Title odds')")
    assert "lang=en" in page.url
    assert page.evaluate("document.documentElement.lang") == "en"


def test_the_chart_is_drawn_with_the_values_of_the_odds(visit: Callable, served: tuple[str, Path], story: Story):
    odds = pl.read_delta(str(served[1] / "odds/title_odds")).filter(season=SEASON).sort("as_of")
    shown = story.drivers[:2]
    drawn = _drawn(visit(f"?season={SEASON}&show={','.join(driver for driver, _ in shown)}"))
    assert set(drawn) == {name for _, name in shown}
    for driver, name in shown:
        assert drawn[name] == pytest.approx(odds.filter(driver_id=driver)["probability"].to_list(), abs=0.001)


def test_strengths_are_drawn_with_the_values_of_their_table_and_a_band(
    visit: Callable, served: tuple[str, Path], story: Story
):
    driver = story.drivers[0][0]
    page = visit(f"?tab=driver&who={driver}&lang=en")
    last_raced = pl.col("as_of") <= pl.read_delta(str(served[1] / "silver/session_results")).filter(
        driver_id=driver
    )["session_date"].max()
    strengths = pl.read_delta(str(served[1] / "odds/strengths")).filter(last_raced, kind="driver", entity_id=driver)
    strengths = strengths.sort("as_of")
    assert _drawn(page, at=2)["Driver"] == pytest.approx(strengths["mean"].to_list(), abs=0.005)
    assert page.eval_on_selector("path.band", "band => getComputedStyle(band).fill") != "none"


def test_a_race_shows_the_odds_of_its_table_at_every_stage(visit: Callable, served: tuple[str, Path]):
    odds = pl.read_delta(str(served[1] / "odds/race_odds")).filter(season=SEASON, round=5)
    for stage in odds["stage"].unique():
        page = visit(f"?tab=race&season={SEASON}&round=5&stage={stage}")
        shown = page.eval_on_selector_all("tr[data-id]", WIN_CHANCES)
        assert dict(shown) == pytest.approx(dict(odds.filter(stage=stage).select("driver_id", "p_win").rows()))


def test_a_shared_address_restores_its_view_and_a_choice_changes_the_address(visit: Callable, story: Story):
    (first, one), (second, two), (third, three) = story.drivers[:3]
    page = visit(f"?season={SEASON}&show={first},{second}&lang=pt")
    assert set(_drawn(page)) == {one, two}
    page.locator("summary").first.click()
    page.locator(f"#show-{third}").click()
    page.wait_for_selector(f"path[data-name='{three}']")
    assert page.locator("details.chooser").get_attribute("open") is not None, "what was unfolded stays so"
    shared = "?" + page.url.partition("?")[2]
    assert set(_drawn(visit(shared))) == {one, two, three}
    page.locator("#season").select_option(str(SEASON - 1))
    page.wait_for_selector(f"h1:has-text('{SEASON - 1}')")
    page.go_back()
    page.wait_for_selector(f"h1:has-text('{SEASON}')")


def test_hover_and_arrow_keys_tell_the_race_its_winner_and_the_change(visit: Callable, story: Story):
    (name, _, winner), (last, _, _) = story.races[-2:]
    page = visit(f"?season={SEASON}&lang=en")
    page.locator(".plot").focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    tip = page.inner_text(".tip")
    assert name in tip
    assert f"Won by {winner}" in tip
    box = page.locator(".plot").bounding_box()
    page.mouse.move(box["x"] + box["width"] - 5, box["y"] + 50)
    assert last in page.inner_text(".tip")


def test_the_archive_slides_through_a_season(visit: Callable, served: tuple[str, Path], story: Story):
    (name, day, _), (last, last_day, _) = story.races[-2:]
    page = visit(f"?tab=archive&season={SEASON}&day={day}&lang=en")
    odds = pl.read_delta(str(served[1] / "odds/title_odds")).filter(season=SEASON)
    assert f"After the {name}" in page.inner_text(".when")
    page.locator("#day").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(f".when:has-text('After the {last}')")
    page.wait_for_selector(".badge:has-text('Decided')")
    assert f"day={last_day}" in page.url
    assert page.evaluate("document.activeElement.id") == "day", "the slider stays under the finger"
    first = max(_drawn(page).items(), key=lambda item: item[1][-1])
    assert (first[0], len(first[1])) == (story.drivers[0][1], odds["as_of"].n_unique())


def test_the_search_of_every_page_finds_any_driver_by_a_part_of_the_name(visit: Callable, served: tuple[str, Path]):
    page = visit("?tab=race&lang=en")
    careers = pl.read_delta(str(served[1] / "gold/driver_career")).sort("first_season", "driver_id")
    name = careers["name"][0]
    page.locator("#find").press_sequentially(name[1:].upper())
    page.wait_for_selector(f"#found a:has-text('{name}')")
    page.locator("#find").press("Enter")
    page.wait_for_selector(f"h1:has-text('{name}')")


def test_a_choice_keeps_the_place_another_view_begins_at_its_top_and_back_returns(visit: Callable):
    page = visit(f"?season={SEASON}&lang=en", width=390)
    page.locator("details.chooser summary").click()
    page.locator("details.chooser a.chip").last.scroll_into_view_if_needed()
    before = page.evaluate("window.scrollY")
    assert before > 300
    page.locator("details.chooser a.chip").last.click()
    page.wait_for_function("window.location.search.includes('show=')")
    page.wait_for_timeout(300)
    assert abs(page.evaluate("window.scrollY") - before) < 60
    before = page.evaluate("window.scrollY")
    page.evaluate("document.querySelector('.tabs a[href*=archive]').click()")
    page.wait_for_selector(".slider")
    assert page.evaluate("window.scrollY") == 0
    page.go_back()
    page.wait_for_selector("details.chooser")
    page.wait_for_function(f"Math.abs(window.scrollY - {before}) < 60")


def test_nothing_is_cut_off_on_a_phone(visit: Callable, story: Story):
    for query in (f"?season={SEASON}", f"?tab=driver&who={story.drivers[0][0]}"):
        page = visit(query, width=390)
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert page.evaluate(CUT_OFF) == []


def test_the_examples_of_the_api_run_as_they_stand_in_its_document(served: tuple[str, Path]):
    text = (Path(__file__).parents[2] / "docs/app.md").read_text().replace("http://127.0.0.1:7860", served[0])
    examples = re.findall(r"```(python|bash)\n(.*?)```", text, re.DOTALL)
    answers = [
        subprocess.run(
            [sys.executable, "-c", code] if language == "python" else ["bash", "-c", code],
            capture_output=True, text=True, timeout=120, check=True,
        ).stdout
        for language, code in examples
    ]
    odds = pl.read_delta(str(served[1] / "odds/title_odds")).filter(season=2025)
    champion = odds.filter(pl.col("as_of") == pl.col("as_of").max()).sort("probability")["driver_id"][-1]
    assert f"'id': '{champion}'" in answers[0]
    assert len(json.loads(answers[1])["data"][0]) == odds.height
    assert "what_if" in answers[2]
    careers = pl.read_delta(str(served[1] / "gold/driver_career"))
    assert ("'id': 'senna'" in answers[2]) == ("senna" in careers["driver_id"].to_list())


def test_new_odds_appear_without_restart_or_reload(visit: Callable, served: tuple[str, Path]):
    page = visit("?lang=en")
    newest = pl.read_delta(str(served[1] / "odds/title_odds"))
    last = pl.col("as_of") == pl.col("as_of").max()
    outsider = newest.filter(last).sort("probability", "driver_id")["driver_id"][0]
    drivers = pl.read_delta(str(served[1] / "silver/drivers")).filter(driver_id=outsider)
    share = pl.when(last).then(pl.col("driver_id") == outsider).otherwise("probability")
    store(served[1], {"odds/title_odds": newest.with_columns(probability=share.cast(pl.Float64))})
    page.wait_for_selector(f".leader .name:has-text('{drivers['family_name'][-1]}')", timeout=60_000)


def test_the_other_side_of_a_duel_is_found_by_a_part_of_the_name(visit: Callable, story: Story):
    (first, _), (second, _), (_, name) = story.drivers[:3]
    page = visit(f"?tab=duel&who={first}&against={second}&lang=en")
    page.locator("#side-1").press_sequentially(name[:5])
    page.wait_for_selector("#sides-1 a")
    found = page.eval_on_selector("#sides-1 a", "link => new URLSearchParams(link.search).get('against')")
    page.locator("#side-1").press("Enter")
    page.wait_for_function(f"window.location.search.includes('against={found}')")
    assert f"who={first}" in page.url


def test_what_is_chosen_while_a_scenario_is_computed_is_added_to_it(visit: Callable):
    page = visit("?tab=what-if&lang=en")
    if not page.locator("form[data-what-if]").count():
        pytest.skip("no race is to come in this lake")
    rounds = page.eval_on_selector_all("select[name=wins]", "fields => fields.map(field => field.dataset.round)")[:2]
    drivers = page.eval_on_selector_all(f"#wins-{rounds[0]} option", "options => options.map(o => o.value)")[1:4]
    page.locator(f"#wins-{rounds[0]}").select_option(drivers[0])
    page.locator(f"#places-{rounds[1]}").click()
    page.wait_for_selector(f"[id='places-{rounds[1]}.2']")
    page.locator(f"[id='places-{rounds[1]}.2']").select_option(drivers[1])
    page.wait_for_function("window.location.search.includes('places=')")
    assert f"wins={rounds[0]}.{drivers[0]}" in page.url
    assert f"places={rounds[1]}.2.{drivers[1]}" in page.url
