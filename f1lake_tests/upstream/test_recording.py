"""A recording answers as the services do, and knows nothing of what has not happened."""

import pytest

from f1lake.upstream.pages import SCHEDULE, STANDINGS, read_formats, read_listing
from f1lake.upstream.progress import requests_sent
from f1lake.upstream.session import collecting
from f1lake_tests.recorded_upstream import UpstreamServer
from f1lake_tests.upstream.small import race, rows, standings

QUESTIONS = [
    ("Race", 2023, None),
    ("Sprint", 2023, None),
    ("Qualifying", 1996, None),
    (STANDINGS, 1953, None),
    (SCHEDULE, 2026, None),
    ("Race", 2026, 9),
    ("Race", 2026, 10),
    ("Race", 2027, None),
]


def answers():
    with collecting() as session:
        return [read_listing(session, *question) for question in QUESTIONS] + [read_formats(session, 2025)]


def test_a_recording_answers_as_the_server_of_that_recording_does(
    server: UpstreamServer, recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    from_server = answers()
    before = requests_sent()
    monkeypatch.setenv("F1LAKE_UPSTREAM", str(recording))
    from_recording = answers()
    assert requests_sent() == before
    for question, served, recorded in zip([*QUESTIONS, "formats"], from_server, from_recording, strict=True):
        assert served.equals(recorded), question
    has_not_happened = [("Race", 2026, 10), ("Race", 2027, None)]
    empty = [question for question, frame in zip(QUESTIONS, from_recording, strict=False) if frame.is_empty()]
    assert empty == has_not_happened


def test_nothing_is_known_of_a_session_before_its_day(recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    weekend = {
        "Sprint": {"date": "2001-06-02"},
        "sprint": rows(2),
        "results": rows(3),
        "driverStandings": standings(3),
    }
    recorded(
        [
            race(2001, 1, "2001-05-01", results=rows(3), driverStandings=standings(2)),
            race(2001, 2, "2001-06-03", **weekend),
        ]
    )

    def known(day: str) -> list[int]:
        monkeypatch.setenv("F1LAKE_NOW", f"{day}T12:00:00Z")
        with collecting() as session:
            return [len(read_listing(session, what, 2001)) for what in (SCHEDULE, "Race", "Sprint", STANDINGS)]

    assert known("2001-04-30") == [2, 0, 0, 0]
    assert known("2001-06-02") == [2, 3, 2, 2]
    assert known("2001-06-03") == [2, 6, 2, 3]
