"""Listings are read page by page, and a page that is not what was stated is an error."""

import json
from collections.abc import Callable
from typing import Any

import fastf1.ergast.structure as api
import polars as pl
import pytest

from f1lake.settings import settings
from f1lake.upstream import pages
from f1lake.upstream.client import columns_of
from f1lake.upstream.failures import ChangedMeanwhileError, SourceChangedError
from f1lake.upstream.kept_pages import KeptPages
from f1lake.upstream.pages import PAGE_ROWS, SCHEDULE, STANDINGS, described, read_listing
from f1lake.upstream.progress import reporting
from f1lake.upstream.recording import Recording
from f1lake.upstream.session import collecting
from f1lake.upstream.unknown_fields import UNKNOWN_FIELDS
from f1lake_tests.upstream.small import Json, answering, race, rows, standings

UNKNOWN = {UNKNOWN_FIELDS: pl.String}

THREE_RACES = [race(2001, n, f"2001-0{n}-01", results=rows(60)) for n in (1, 2, 3)]


@pytest.fixture(autouse=True)
def pages_as_small_as_the_services(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "RECORDED_PAGE_ROWS", PAGE_ROWS)


def altered(monkeypatch: pytest.MonkeyPatch, change: Callable[[dict[str, Any]], None], from_page: int = 1) -> None:
    """Let the source change its answers from a page on."""
    offer, pages = Recording.offer, iter(range(1, 1000))

    def changed(self: Recording, url: str) -> bytes | None:
        body = json.loads(offer(self, url) or b"{}")
        if next(pages) >= from_page:
            change(body["MRData"])
        return json.dumps(body).encode()

    monkeypatch.setattr(Recording, "offer", changed)


def test_pages_that_cut_a_race_in_two_are_put_together_again(recorded) -> None:
    recorded(THREE_RACES)
    seen = []
    with collecting() as session, reporting(lambda *page: seen.append(page)):
        frame = read_listing(session, "Race")
    assert frame.group_by("round").len().sort("round")["len"].to_list() == [60, 60, 60]
    assert frame.filter(round=2)["driverId"].to_list() == [f"driver{n}" for n in range(1, 61)]
    assert seen == [("Race results of all seasons", 1, 2), ("Race results of all seasons", 2, 2)]


@pytest.mark.parametrize("total", [179, 181, 60])
def test_a_total_that_does_not_match_the_rows_is_an_error(recorded, monkeypatch, total: int) -> None:
    recorded(THREE_RACES)
    altered(monkeypatch, lambda answer: answer.update(total=str(total)))
    with pytest.raises(SourceChangedError, match="Race results of season 2001"), collecting() as session:
        read_listing(session, "Race", 2001)


def test_a_total_that_changes_between_pages_is_asked_again_later_and_says_how_far_it_came(
    recorded, monkeypatch
) -> None:
    recorded(THREE_RACES)
    altered(monkeypatch, lambda answer: answer.update(total="160"), from_page=2)
    reached = r"rows 101-180 \(from season 2001, round 2\)"
    with pytest.raises(ChangedMeanwhileError, match=reached) as raised, collecting() as session:
        read_listing(session, "Race")
    assert raised.value.retry_after_s == 3600


def test_pages_of_different_age_are_not_kept_but_those_of_other_listings_are(
    recorded, monkeypatch
) -> None:
    recording = Recording(recorded(THREE_RACES))
    totals = iter(["180", "179"])

    def answer(path: str) -> tuple[int, Json, bytes]:
        said = json.loads(recording.offer(path) or b"{}")
        if "results.json" in path:
            said["MRData"]["total"] = next(totals)
        return 200, {}, json.dumps(said).encode()

    with answering(answer) as address:
        monkeypatch.setenv("F1LAKE_UPSTREAM", address)
        with collecting() as session:
            read_listing(session, SCHEDULE)
            with pytest.raises(ChangedMeanwhileError):
                read_listing(session, "Race")
            pages = KeptPages(settings().home / "pages")
            assert pages.offer(f"{address}/ergast/f1/races.json?limit=100&offset=0")
            assert pages.offer(f"{address}/ergast/f1/results.json?limit=100&offset=0") is None
            assert len(list((settings().home / "pages").iterdir())) == 1


@pytest.mark.parametrize("limit", [1, 30, 70])
def test_a_source_that_gives_smaller_pages_is_followed(recorded, monkeypatch, limit: int) -> None:
    recorded(THREE_RACES)
    offer = Recording.offer
    monkeypatch.setattr(Recording, "offer", lambda self, url: offer(self, url.replace("limit=100", f"limit={limit}")))
    seen = []
    with collecting() as session, reporting(lambda *page: seen.append(page)):
        frame = read_listing(session, "Race")
    assert frame.select("round", "driverId").rows() == [(n, f"driver{d}") for n in (1, 2, 3) for d in range(1, 61)]
    assert seen[-1][1:] == (-(-180 // limit), -(-180 // limit))


def test_a_source_of_pages_without_rows_is_an_error_and_no_endless_question(recorded, monkeypatch) -> None:
    recorded(THREE_RACES)
    altered(monkeypatch, lambda answer: answer.update(limit="0"))
    with pytest.raises(SourceChangedError, match="0 to a page"), collecting() as session:
        read_listing(session, "Race")


def test_a_short_page_is_an_error(recorded, monkeypatch) -> None:
    recorded(THREE_RACES)
    altered(monkeypatch, lambda answer: answer["RaceTable"]["Races"].pop(), from_page=2)
    with (
        pytest.raises(SourceChangedError, match="the page has 20 rows after 100 others, of 180 stated"),
        collecting() as session,
    ):
        read_listing(session, "Race")


def test_an_answer_of_another_shape_is_an_error(recorded, monkeypatch) -> None:
    recorded(THREE_RACES)
    altered(monkeypatch, lambda answer: answer.pop("RaceTable"))
    with pytest.raises(SourceChangedError, match="another shape"), collecting() as session:
        read_listing(session, "Qualifying", 2001, 3)


def test_every_column_that_fastf1_knows_is_there_whatever_a_race_lacks(recorded) -> None:
    recorded([race(2001, 1, "2001-01-01", results=rows(3), driverStandings=standings(3))])
    with collecting() as session:
        assert read_listing(session, "Race").schema == columns_of(api.Races_RaceResults) | UNKNOWN
        assert read_listing(session, "Sprint").schema == columns_of(api.Races_SprintResults) | UNKNOWN
        schedule = read_listing(session, SCHEDULE, 2001)
        assert schedule.schema == columns_of(api.Races_Schedule) | UNKNOWN
        assert schedule["fp1Time"].dtype == pl.Time
        official = read_listing(session, STANDINGS, 2001)
        assert official.schema == columns_of(api.StandingsLists_Driver) | UNKNOWN
        assert official["constructorIds"].to_list() == [["team"]] * 3


def test_a_listing_is_named_by_session_season_and_round() -> None:
    assert described("Race", 2026, 9) == "Race results of season 2026, round 9"
    assert described(SCHEDULE) == "schedule of all seasons"
