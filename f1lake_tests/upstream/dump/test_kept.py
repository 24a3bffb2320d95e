"""A dump is kept whole or not at all, asked for once a month, and read by the runs that are tagged for it."""

import datetime as dt
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import requests

from f1lake.settings import settings
from f1lake.upstream import download
from f1lake.upstream.dump.kept import ask_for, kept, last_asked
from f1lake.upstream.failures import DumpUnusableError, SourceHasNoneError
from f1lake.upstream.pages import LAPS, SCHEDULE, read_formats, read_listing
from f1lake.upstream.session import collecting
from f1lake_tests.upstream.dump.conftest import DUMPS, STORAGE, Service
from f1lake_tests.upstream.small import answering


def nothing_is_kept(lake: Path) -> None:
    assert kept() is None
    assert not list(lake.rglob("*.zip"))
    assert not (settings().home / "dump").is_dir() or not list((settings().home / "dump").iterdir())


def test_a_dump_is_kept_in_the_lake_and_tells_what_it_knows(dumps: Service, small: bytes, lake: Path) -> None:
    dump = ask_for()
    assert (dump, dump.source) == (kept(), "jolpica dump of 2026-03-08")
    assert Path(dump.archive).read_bytes() == small
    race = dt.date(2026, 3, 8)
    held = [(2026, 1, session, "albert_park", race) for session in ("Qualifying", "Race")]
    assert sorted(dump.sessions.rows()) == held
    assert [path.partition("?")[0] for path in dumps.asked] == [DUMPS, f"{DUMPS}delayed/", STORAGE]


def test_a_machine_that_shares_the_lake_makes_its_own_recording_of_it_when_it_reads_it(dumps: Service) -> None:
    ask_for()
    shutil.rmtree(settings().home / "dump")
    dump = kept()
    assert dump is not None
    assert dump.sessions.height == 2
    assert not (settings().home / "dump").exists(), "what it has is known without it"
    assert dump.recording.is_dir()
    assert len(dumps.asked) == 3


def test_the_one_that_is_kept_is_not_downloaded_again(dumps: Service) -> None:
    first = ask_for()
    assert ask_for() == first
    assert len(dumps.asked) == 4, "the list alone tells that it is the one that is kept"


def test_a_newer_one_takes_its_place(dumps: Service, edited: Callable[..., bytes], lake: Path) -> None:
    first = ask_for()
    dumps.archive = edited("driver", lambda text: text.replace("Norris", "Norriz"))
    dumps.stated, dumps.made_at = hashlib.sha256(dumps.archive).hexdigest(), "2026-04-08T22:15:40.930056Z"
    newer = ask_for()
    assert newer == kept() != first
    assert [file.name for file in lake.rglob("*.zip")] == [Path(newer.archive).name]
    assert [folder.name for folder in (settings().home / "dump").iterdir()] == [newer.file_hash[:16]]


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        (DUMPS, 503), ("delayed", 500), (STORAGE, 503), (STORAGE, lambda body: body[: len(body) // 3]),
        (STORAGE, lambda body: body[:1000] + bytes([body[1000] ^ 1]) + body[1001:]), (DUMPS, lambda body: body[:40]),
    ],
    ids=["list 503", "redirect 500", "storage 503", "cut", "another byte", "list cut"],
)
def test_what_goes_wrong_once_is_asked_again(dumps: Service, path: str, fault: Callable[[bytes], bytes] | int) -> None:
    dumps.faults = [(path, fault)]
    assert ask_for() == kept()


@pytest.mark.parametrize(
    ("path", "fault", "why"),
    [
        (DUMPS, 503, "the list of dumps: the service answers with status 503"),
        (DUMPS, lambda _: b"<html>", "the list of dumps: it names no free one"),
        (DUMPS, lambda body: body.replace(b"file_hash", b"digest"), "the list of dumps: it names no free one"),
        (STORAGE, 403, "the archive: the service answers with status 403"),
        (STORAGE, lambda body: body[:-7], "the archive: "),
        (STORAGE, lambda body: body[:9] + bytes([body[9] ^ 1]) + body[10:], "the archive: its SHA-256 is not the one"),
    ],
    ids=["list 503", "list HTML", "list other keys", "storage 403", "cut", "another byte"],
)
def test_what_goes_wrong_every_time_is_one_sentence_and_nothing_is_kept(
    dumps: Service, lake: Path, path: str, fault: Callable[[bytes], bytes] | int, why: str
) -> None:
    dumps.faults = [(path, fault)] * 3
    with pytest.raises(DumpUnusableError, match=f"^bulk dump, {why}") as raised:
        ask_for()
    assert dumps.faults == []
    nothing_is_kept(lake)
    asked = last_asked()
    assert asked is not None
    assert asked.failure == str(raised.value)
    assert ask_for() == kept()


def test_an_archive_in_another_form_is_not_kept_whatever_its_hash(
    dumps: Service, edited: Callable[..., bytes], lake: Path
) -> None:
    dumps.archive = edited("lap", lambda text: text.replace("time\n", "lap_time\n", 1))
    dumps.stated = hashlib.sha256(dumps.archive).hexdigest()
    with pytest.raises(DumpUnusableError, match=r"^bulk dump, table lap: it has no column time"):
        ask_for()
    nothing_is_kept(lake)


def test_a_failure_leaves_the_dump_that_is_kept(dumps: Service) -> None:
    first = ask_for()
    dumps.faults = [(DUMPS, 503)] * 3
    with pytest.raises(DumpUnusableError):
        ask_for()
    assert kept() == first


def test_a_service_without_dumps_is_one_sentence(dumps: Service, monkeypatch: pytest.MonkeyPatch, lake: Path) -> None:
    asked: list[str] = []
    with answering(lambda path: asked.append(path) or (404, {"Content-Length": "0"}, b"")) as mirror:
        monkeypatch.setenv("F1LAKE_UPSTREAM", mirror)
        with pytest.raises(DumpUnusableError, match="the list of dumps: the service answers with status 404"):
            ask_for()
    nothing_is_kept(lake)
    assert asked == [DUMPS], "nor will it have any in a moment"


def test_a_collection_from_the_dump_asks_the_api_nothing_and_names_it(dumps: Service) -> None:
    ask_for()
    before = len(dumps.asked)
    with collecting(from_dump=True) as session:
        race, laps = read_listing(session, "Race", 2026, 1), read_listing(session, LAPS, 2026, 1)
        calendar = read_listing(session, SCHEDULE, 2026)
        none = read_listing(session, "Race", 2026, 2)
        said = pl.select(session.provenance())["source"][0]
    assert (race.height, laps.height > 1000, calendar.height, none.height) == (22, True, 22, 0)
    assert said == "jolpica dump of 2026-03-08"
    assert len(dumps.asked) == before


def test_schedules_that_no_dump_has_are_asked_for_all_the_same(dumps: Service) -> None:
    ask_for()
    with pytest.raises(SourceHasNoneError), collecting(from_dump=True) as session:
        read_formats(session, 2025)
    assert dumps.asked[-1].endswith("/schedule_2025.json")


def test_without_a_kept_dump_such_a_collection_is_refused(dumps: Service) -> None:
    with pytest.raises(DumpUnusableError, match="keeps none"), collecting(from_dump=True):
        pass
    assert dumps.asked == []


def test_a_dump_that_comes_slowly_is_waited_for_and_one_that_stops_is_not(
    dumps: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "TIMEOUT_S", (1, 0.2))

    def stopping(*_: object) -> bytes:
        raise requests.ReadTimeout

    monkeypatch.setattr(requests.Response, "iter_content", stopping)
    with pytest.raises(DumpUnusableError, match=r"it does not come through \(ReadTimeout\)"):
        ask_for()
