"""Pages already paid for: offered for a day, written whole, forgotten with their collection."""

import contextlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from f1lake.settings import settings
from f1lake.upstream.answers import Answer
from f1lake.upstream.failures import SourceChangedError, UnavailableError
from f1lake.upstream.kept_pages import KeptPages
from f1lake.upstream.session import collecting

ADDRESS = "https://example.org/results.json?limit=100&offset=0"


def at(monkeypatch: pytest.MonkeyPatch, instant: str) -> None:
    monkeypatch.setenv("F1LAKE_NOW", instant)


def test_a_page_is_offered_for_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, "2026-01-01T12:00:00Z")
    KeptPages(tmp_path).keep(ADDRESS, b'{"a": 1}\n{}')
    assert KeptPages(tmp_path).offer(ADDRESS) == b'{"a": 1}\n{}'
    assert KeptPages(tmp_path).offer(ADDRESS + "0") is None
    at(monkeypatch, "2026-01-02T12:00:00Z")
    assert KeptPages(tmp_path).offer(ADDRESS) is not None
    at(monkeypatch, "2026-01-02T12:00:01Z")
    assert KeptPages(tmp_path).offer(ADDRESS) is None
    assert list(tmp_path.iterdir()) == []


def test_what_a_kill_left_behind_is_no_page_and_what_another_process_is_writing_stays(tmp_path: Path) -> None:
    (tmp_path / "half.page").write_bytes(b'{"url": "https://exam')
    writing, left = tmp_path / ".one.page.1.partial", tmp_path / ".one.page.2.partial"
    for partial in (writing, left):
        partial.write_bytes(b'{"url": "https://exam')
    os.utime(left, (0, 0))
    KeptPages(tmp_path)
    assert list(tmp_path.iterdir()) == [writing]


def test_pages_of_several_processes_are_whole_whoever_cleans_up_meanwhile(tmp_path: Path) -> None:
    body = b"x" * 200_000

    def collect(number: int) -> None:
        for i in range(40):
            pages = KeptPages(tmp_path)
            pages.keep(ADDRESS + str(i % 3), body)
            assert pages.offer(ADDRESS + str(number % 3)) in (body, None)
            pages.forget()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(collect, range(4)))
    assert list(tmp_path.iterdir()) == []


def test_a_collection_forgets_only_its_own_pages(tmp_path: Path) -> None:
    one, other = KeptPages(tmp_path), KeptPages(tmp_path)
    one.keep(ADDRESS, b"{}")
    other.keep(ADDRESS + "1", b"{}")
    one.keep(ADDRESS + "2", b"{}")
    one.forget([ADDRESS + "2", ADDRESS + "1"])
    assert KeptPages(tmp_path).offer(ADDRESS) == KeptPages(tmp_path).offer(ADDRESS + "1") == b"{}"
    assert KeptPages(tmp_path).offer(ADDRESS + "2") is None
    one.forget()
    assert KeptPages(tmp_path).offer(ADDRESS) is None
    assert KeptPages(tmp_path).offer(ADDRESS + "1") == b"{}"


def test_pages_of_a_part_that_failed_stay_and_those_of_parts_that_are_stored_go(tmp_path: Path) -> None:
    pages = KeptPages(tmp_path)
    for part, fails in (("1", False), ("2", True), ("3", False)):
        with contextlib.suppress(ValueError), pages.part():
            pages.keep(ADDRESS + part, b"{}")
            if fails:
                raise ValueError
    pages.forget_read()
    assert [KeptPages(tmp_path).offer(ADDRESS + part) for part in "123"] == [None, b"{}", None]


@pytest.mark.parametrize(
    ("error", "is_kept"), [(UnavailableError, True), (KeyboardInterrupt, True), (SourceChangedError, False)]
)
def test_pages_outlive_an_interruption_but_not_an_answer_that_was_wrong(
    error: type[BaseException], is_kept: bool
) -> None:
    arguments = () if error is KeyboardInterrupt else ("schedule", "whatever")

    def interrupted() -> None:
        with collecting() as session:
            session.last = Answer(ADDRESS, 200, b"{}")
            session.keep()
            raise error(*arguments)

    with pytest.raises(error):
        interrupted()
    assert (KeptPages(settings().home / "pages").offer(ADDRESS) is not None) == is_kept
