"""Live timing, answered by a stand-in at the wire: the shape of what was recorded from it, read by FastF1 itself."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd
import pytest
import requests
from fastf1.exceptions import F1AuthError
from fastf1.internals.f1account import LivetimingAuthAdapter, token_manager
from requests.adapters import HTTPAdapter

from f1lake import clock
from f1lake.upstream import live_timing
from f1lake.upstream.budget import Budget
from f1lake.upstream.failures import (
    CredentialsRejectedError,
    RefusedHereError,
    SourceChangedError,
    UnavailableError,
    UpstreamError,
)
from f1lake.upstream.session import collecting
from f1lake_tests.recorded_upstream import UpstreamServer

DRIVERS = {
    number: {
        "RacingNumber": number, "BroadcastName": name, "Tla": name[2:5], "TeamName": "Mercedes", "TeamColour": "00D7B6",
        "FirstName": name[0], "LastName": name[2:].title(), "HeadshotUrl": f"https://pictures.example/{number}.png",
        "CountryCode": "GBR",
    }
    for number, name in (("63", "G RUSSELL"), ("12", "K ANTONELLI"))
}


def stream(*entries: tuple[str, object]) -> bytes:
    """Lines of a `.jsonStream` file: a time and an object each."""
    return b"\xef\xbb\xbf" + "".join(f"{at}{json.dumps(entry)}\r\n" for at, entry in entries).encode()


def lap(number: int, time: str) -> dict[str, object]:
    return {"Lines": {"63": {"NumberOfLaps": number, "LastLapTime": {"Value": time, "PersonalFastest": True}}}}


FILES = {
    "SessionInfo.jsonStream": stream(("00:00:00.100", {"Meeting": {"Name": "Japanese Grand Prix"}, "Type": "Race"})),
    "DriverList.jsonStream": stream(("00:00:01.000", DRIVERS)),
    "SessionStatus.jsonStream": stream(
        ("00:55:00.000", {"Status": "Started"}), ("01:02:00.000", {"Status": "Finalised"})
    ),
    "LapCount.jsonStream": stream(("00:00:01.000", {"CurrentLap": 1, "TotalLaps": 3})),
    "TrackStatus.jsonStream": stream(("00:00:01.000", {"Status": "1", "Message": "AllClear"})),
    "TimingData.jsonStream": stream(
        ("00:50:00.000", {"Lines": {"63": {"InPit": False, "NumberOfPitStops": 0}}}),
        ("00:56:40.000", lap(1, "1:40.000")),
        ("00:58:12.000", lap(2, "1:32.000")),
        ("00:59:43.000", lap(3, "1:31.000")),
    ),
    "TimingAppData.jsonStream": stream(
        ("00:50:00.000", {"Lines": {"63": {"Stints": [{"Compound": "MEDIUM", "New": "true", "StartLaps": 0}]}}}),
        ("00:57:30.000", {"Lines": {"63": {"Stints": {"1": {"Compound": "HARD", "New": "false", "StartLaps": 3}}}}}),
    ),
    "WeatherData.jsonStream": stream(
        ("00:00:30.000", {"AirTemp": "19.2", "Humidity": "45.0", "Pressure": "1014.1", "Rainfall": "0",
                          "TrackTemp": "31.4", "WindDirection": "172", "WindSpeed": "1.3"}),
    ),
    "RaceControlMessages.jsonStream": stream(
        ("00:55:00.000", {"Messages": [{"Utc": "2026-03-29T05:00:00", "Lap": 1, "Category": "Flag", "Flag": "GREEN",
                                        "Scope": "Track", "Message": "GREEN LIGHT - PIT EXIT OPEN"}]}),
        ("00:57:00.000", {"Messages": {"1": {"Utc": "2026-03-29T05:02:00", "Lap": 2, "Category": "Other",
                                             "Message": "CAR 12 (ANT) NOTED"}}}),
    ),
}


def answer(status: int, body: bytes = b"") -> requests.Response:
    response = requests.Response()
    response.status_code, response._content = status, body
    return response


@dataclass
class Timing:
    """What F1's host and its mirror answer for each file, bytes or a status, and what they were asked."""

    files: dict[str, bytes | int]
    mirror: dict[str, bytes | int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def answers(self, status: int, mirror: int | None = None) -> None:
        """Answer every file with a status."""
        self.files = dict.fromkeys(self.files, status)
        self.mirror = dict.fromkeys(self.files, mirror) if mirror else {}


@pytest.fixture
def timing(recording: Path, server: UpstreamServer, monkeypatch: pytest.MonkeyPatch) -> Timing:
    """The live services with an account: Jolpica and schedules from the recorded upstream, live timing from here."""
    told = Timing({**FILES})
    monkeypatch.setenv("F1_USERNAME", "somebody")
    monkeypatch.setenv("F1_PASSWORD", "a secret")
    monkeypatch.setattr(token_manager, "get", lambda: None)
    monkeypatch.setattr(clock, "sleep", lambda seconds: None)

    def send(self: object, request: requests.PreparedRequest, **kwargs: object) -> requests.Response:
        url = urlsplit(request.url or "")
        told.asked.append(url.path)
        files = told.mirror if "mirror" in url.netloc else told.files
        found = files.get(url.path.rpartition("/")[2], 404)
        response = answer(200, found) if isinstance(found, bytes) else answer(found)
        response.url, response.request = request.url or "", request
        return response

    monkeypatch.setattr(LivetimingAuthAdapter, "send", send)
    monkeypatch.setattr(HTTPAdapter, "send", _mirror_or(send, HTTPAdapter.send))
    return told


def _mirror_or(stand_in: Callable[..., requests.Response], real: Callable[..., requests.Response]):
    def send(self: object, request: requests.PreparedRequest, **kwargs: object) -> requests.Response:
        return (stand_in if "livetiming" in (request.url or "") else real)(self, request, **kwargs)

    return send


def read(day: dt.date = dt.date(2026, 3, 29)) -> live_timing.LiveTiming:
    """The race of Suzuka."""
    with collecting() as session:
        return live_timing.read_session(session, 2026, 3, day, "Race")


def test_headshots_colours_weather_messages_and_tyres_of_a_session(timing: Timing) -> None:
    told = read()
    drivers = told.rows("drivers").sort("DriverNumber")
    assert drivers.select("DriverNumber", "TeamColor", "HeadshotUrl", "DriverId").rows() == [
        ("12", "00D7B6", "https://pictures.example/12.png", "antonelli"),
        ("63", "00D7B6", "https://pictures.example/63.png", "russell"),
    ]
    assert told.rows("weather").select("Time", "AirTemp", "Rainfall").rows() == [
        (dt.timedelta(seconds=30), 19.2, False)
    ]
    messages = told.rows("messages")
    assert messages["Message"].to_list() == ["GREEN LIGHT - PIT EXIT OPEN", "CAR 12 (ANT) NOTED"]
    assert messages["Time"][0] == dt.datetime(2026, 3, 29, 5, tzinfo=dt.UTC)
    laps = told.rows("tyres").filter(DriverNumber="63").sort("LapNumber")
    assert laps.select("LapNumber", "Stint", "Compound").rows() == [(1, 1, "MEDIUM"), (2, 2, "HARD"), (3, 2, "HARD")]
    assert Budget().left() == 499 - 3, "schedule, results and first lap: what live timing is asked counts elsewhere"


def test_what_f1_does_not_have_is_no_rows_and_no_error(timing: Timing) -> None:
    timing.answers(404, mirror=403)
    told = read()
    assert [told.rows(part).height for part in live_timing.PARTS] == [0, 0, 0, 0]


def test_what_the_mirror_has_is_taken_whatever_f1_says(timing: Timing) -> None:
    timing.mirror, timing.files = timing.files, dict.fromkeys(timing.files, 403)
    assert read().rows("weather").height == 1


def test_a_mirror_without_a_file_hides_no_refusal(timing: Timing) -> None:
    timing.answers(403)
    told = read()
    for part in live_timing.PARTS:
        with pytest.raises(RefusedHereError, match=r"lake on S3 works"):
            told.rows(part)


def test_a_mirror_that_fails_is_no_word_of_what_there_is(timing: Timing) -> None:
    timing.mirror["WeatherData.jsonStream"] = 503
    del timing.files["WeatherData.jsonStream"]
    with pytest.raises(UnavailableError, match="status 503"):
        read().rows("weather")


def test_a_part_that_fails_holds_back_no_other(timing: Timing) -> None:
    timing.files["WeatherData.jsonStream"] = 503
    told = read()
    with pytest.raises(UnavailableError, match=r"live timing of Race of season 2026, round 3: .*status 503"):
        told.rows("weather")
    assert (told.rows("drivers").height, told.rows("messages").height) == (2, 2)
    assert told.rows("tyres").filter(DriverNumber="63").height == 3
    timing.files = {**FILES, "TimingAppData.jsonStream": 503}
    with pytest.raises(UnavailableError):
        read().rows("tyres")


def test_the_first_401_is_the_last_question(timing: Timing) -> None:
    timing.answers(401)
    told = read()
    for part in live_timing.PARTS:
        with pytest.raises(CredentialsRejectedError, match="F1TV subscription"):
            told.rows(part)
    assert len(timing.asked) == 1


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (None, CredentialsRejectedError),
        (requests.ConnectionError(), UnavailableError),
        (requests.HTTPError(response=answer(403)), RefusedHereError),
    ],
)
def test_an_account_that_cannot_sign_in_is_told_before_anything_is_asked(
    timing: Timing, monkeypatch, cause: Exception | None, expected: type[UpstreamError]
) -> None:
    def refuse() -> None:
        raise F1AuthError("no entry") from cause

    monkeypatch.setattr(token_manager, "get", refuse)
    for part in live_timing.PARTS:
        with pytest.raises(expected, match="no entry"):
            read().rows(part)
    assert timing.asked == []
    with pytest.raises(expected, match="no entry"):
        live_timing.try_sign_in()


def test_a_sign_in_is_tried_without_a_session(timing: Timing) -> None:
    live_timing.try_sign_in()
    assert len(timing.asked) == 1
    timing.answers(403)
    timing.files["Index.json"] = 403
    with pytest.raises(RefusedHereError):
        live_timing.try_sign_in()


def test_an_event_is_found_by_its_day_whatever_its_round_is_there(timing: Timing) -> None:
    with collecting() as session:
        told = live_timing.read_session(session, 2026, 4, dt.date(2026, 3, 29), "Race")
    assert timing.asked[0].startswith("/static/2026/2026-03-29_Japanese_Grand_Prix/")
    assert told.rows("messages").height == 2
    with pytest.raises(SourceChangedError, match="no event on 2026-04-20"):
        read(dt.date(2026, 4, 20)).rows("drivers")


def test_an_event_without_a_date_hides_no_other() -> None:
    schedule = pd.DataFrame({"EventDate": [pd.NaT, pd.Timestamp("2026-03-29")], "RoundNumber": [2, 3]})
    assert live_timing._event_on(schedule, dt.date(2026, 3, 29), 4, "live timing")["RoundNumber"] == 4


def test_without_an_account_or_from_another_upstream_nothing_is_asked(monkeypatch, timing) -> None:
    assert not live_timing.is_available(), "the upstream is an address"
    monkeypatch.delenv("F1LAKE_UPSTREAM")
    assert live_timing.is_available()
    monkeypatch.delenv("F1_PASSWORD")
    assert not live_timing.is_available()
