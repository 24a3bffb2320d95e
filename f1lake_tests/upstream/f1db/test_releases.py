"""F1DB's releases: whole and as stated or not at all, read by column name; and its files of sessions."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from f1lake.upstream.budget import Budget
from f1lake.upstream.f1db import service
from f1lake.upstream.f1db.kept import ask_for, kept, last_asked
from f1lake.upstream.f1db.service import NoF1dbError, downloaded, session_file
from f1lake.upstream.f1db.tables import Archive, session_rows
from f1lake.upstream.failures import F1dbUnusableError
from f1lake_tests.f1db import Releases, archive, row
from f1lake_tests.upstream.small import answering

RACED = {"races-race-results": [row(2026, 1, 1, "max-verstappen", points="25", time='"1:31:44.742"')]}


@pytest.fixture
def releases(monkeypatch: pytest.MonkeyPatch) -> Iterator[Releases]:
    """F1DB, served where the settings ask."""
    there = Releases(archive(RACED))
    monkeypatch.setattr(service, "PAUSE_S", 0)
    with answering(there.answer) as address:
        monkeypatch.setenv("F1LAKE_UPSTREAM", address)
        yield there


def test_a_release_is_asked_for_by_its_tag_and_downloaded_once(releases: Releases) -> None:
    release, content = downloaded()
    assert (release.tag, content) == ("v2026.9.1", releases.content)
    assert downloaded(release.file_hash) == (release, None)
    assert sum("download" in path for path in releases.asked) == 1


def test_a_cut_archive_is_asked_for_again_and_then_given_up(releases: Releases) -> None:
    releases.cut = 1
    assert downloaded()[1] == releases.content
    releases.cut = 99
    with pytest.raises(F1dbUnusableError, match="bytes came"):
        downloaded()


def test_the_lake_keeps_the_newest_release_and_says_why_one_could_not_be_had(lake: Path, releases: Releases) -> None:
    assert ask_for()[1] == releases.content
    releases.content, releases.tag = archive({}), "v2026.10.0"
    assert ask_for()[0].tag == "v2026.10.0"
    assert [file.name[:11] for file in (lake / "f1db").glob("*.zip")] == ["v2026.10.0-"]
    releases.content, releases.cut = archive(RACED), 99
    with pytest.raises(F1dbUnusableError):
        ask_for()
    found, asked = kept(), last_asked()
    assert found is not None
    assert found.tag == "v2026.10.0"
    assert asked is not None
    assert "bytes came" in asked.failure


def test_where_there_is_no_f1db_one_request_says_so(releases: Releases) -> None:
    releases.is_there = False
    with pytest.raises(NoF1dbError):
        downloaded()
    assert len(releases.asked) == 1


def test_a_request_that_never_left_is_not_counted_in_the_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(lambda _: (500, {}, b"")) as address:
        monkeypatch.setenv("F1LAKE_UPSTREAM", address)
        with pytest.raises(F1dbUnusableError, match="status 500"):
            downloaded()
    assert Budget().left() == 498
    with pytest.raises(F1dbUnusableError, match="ConnectionError"):
        downloaded()
    assert Budget().left() == 498


def test_a_session_file_that_is_not_there_is_none(releases: Releases) -> None:
    assert session_file(2026, 9, "great-britain", "free-practice-1-results") is None
    releases.session_files["2026/races/09-great-britain/free-practice-1-results.yml"] = "- position: 1\n"
    assert session_file(2026, 9, "great-britain", "free-practice-1-results") == "- position: 1\n"


def test_columns_are_read_by_name_a_new_one_is_named_and_a_renamed_one_refuses_the_file() -> None:
    read = Archive("v1", archive(RACED))
    assert read.read("races-race-results", ["points", "year"], []).row(0) == ("25", "2026")
    assert "races-race-results.reasonRetired" in read.unknown
    renamed = Archive("v1", archive(RACED, {"points": "score"}))
    with pytest.raises(F1dbUnusableError, match="no column points"):
        renamed.read("races-race-results", ["points", "year"])
    with pytest.raises(F1dbUnusableError, match="it is no zip"):
        Archive("v1", b"no zip")


def test_a_session_file_is_text_by_field_and_one_without_a_field_is_refused() -> None:
    content = '- position: 1\n  driverId: lewis-hamilton\n  time: "1:29.260"\n  gap:\n- position: 2\n  driverId: x\n'
    rows = session_rows("practice", content, ["driverId", "time", "gap"])
    assert rows.rows() == [("lewis-hamilton", "1:29.260", None), ("x", None, None)]
    with pytest.raises(F1dbUnusableError, match="no row has laps"):
        session_rows("practice", content, ["driverId", "laps"])
    for odd in ("a: 1", "- 1", "[", ""):
        with pytest.raises(F1dbUnusableError):
            session_rows("practice", odd, ["driverId"])
