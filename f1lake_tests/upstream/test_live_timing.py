"""Live timing, answered by a stand-in at the wire: the shape of what was recorded from it, read by FastF1 itself."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from fastf1.exceptions import F1AuthError
from fastf1.internals.f1account import LivetimingAuthAdapter, token_manager
from requests.adapters import HTTPAdapter

from f1lake import clock
from f1lake.settings import settings
from f1lake.upstream import live_timing
from f1lake.upstream.failures import CredentialsRejectedError, SourceChangedError, UnavailableError
from f1lake.upstream.session import collecting
from f1lake_tests.conftest import UpstreamServer

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


@pytest.fixture
def timing(recording: Path, server: UpstreamServer, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes | int]:
    """The live services with an account: Jolpica and schedules from the recorded upstream, live timing from here.

    A file may be changed to other bytes, or to a status.
    """
    files: dict[str, bytes | int] = {**FILES}
    monkeypatch.setenv("F1_USERNAME", "somebody")
    monkeypatch.setenv("F1_PASSWORD", "a secret")
    monkeypatch.setattr(token_manager, "get", lambda: None)
    monkeypatch.setattr(clock, "sleep", lambda seconds: None)

    def send(self: object, request: requests.PreparedRequest, **kwargs: object) -> requests.Response:
        found = files.get(urlsplit(request.url or "").path.rpartition("/")[2], 404)
        response = requests.Response()
        response.url, response.request = request.url or "", request
        response.status_code, response._content = (200, found) if isinstance(found, bytes) else (found, b"")
        return response

    monkeypatch.setattr(LivetimingAuthAdapter, "send", send)
    monkeypatch.setattr(HTTPAdapter, "send", _mirror_or(send, HTTPAdapter.send))
    return files


def _mirror_or(stand_in: Callable[..., requests.Response], real: Callable[..., requests.Response]):
    def send(self: object, request: requests.PreparedRequest, **kwargs: object) -> requests.Response:
        return (stand_in if "livetiming" in (request.url or "") else real)(self, request, **kwargs)

    return send


def read(day: dt.date = dt.date(2026, 3, 29)) -> live_timing.LiveTiming:
    """The race of Suzuka."""
    with collecting() as session:
        return live_timing.read_session(session, 2026, 3, day, "Race")


def test_headshots_colours_weather_messages_and_tyres_of_a_session(timing) -> None:
    told = read()
    assert told.drivers.sort("DriverNumber").select("DriverNumber", "TeamColor", "HeadshotUrl", "DriverId").rows() == [
        ("12", "00D7B6", "https://pictures.example/12.png", "antonelli"),
        ("63", "00D7B6", "https://pictures.example/63.png", "russell"),
    ]
    assert told.weather.select("Time", "AirTemp", "Rainfall").rows() == [(dt.timedelta(seconds=30), 19.2, False)]
    assert told.messages["Message"].to_list() == ["GREEN LIGHT - PIT EXIT OPEN", "CAR 12 (ANT) NOTED"]
    assert told.messages["Time"][0] == dt.datetime(2026, 3, 29, 5, tzinfo=dt.UTC)
    laps = told.tyres.filter(DriverNumber="63").sort("LapNumber")
    assert laps.select("LapNumber", "Stint", "Compound").rows() == [(1, 1, "MEDIUM"), (2, 2, "HARD"), (3, 2, "HARD")]


def test_what_live_timing_does_not_have_is_no_rows_and_no_error(timing) -> None:
    for name in list(timing):
        timing[name] = 404
    told = read()
    assert [rows.height for rows in vars(told).values()] == [0, 0, 0, 0]


def test_parts_that_fastf1_would_leave_out_with_a_warning_are_errors(timing) -> None:
    timing["WeatherData.jsonStream"] = 503
    with pytest.raises(UnavailableError, match=r"live timing of Race of season 2026, round 3: .*status 503"):
        read()
    timing["WeatherData.jsonStream"] = 401
    with pytest.raises(CredentialsRejectedError, match="F1TV subscription"):
        read()


def test_an_account_that_is_not_accepted_is_told_before_anything_is_loaded(timing, monkeypatch) -> None:
    def refuse() -> None:
        raise F1AuthError("wrong password")

    monkeypatch.setattr(token_manager, "get", refuse)
    with pytest.raises(CredentialsRejectedError, match="wrong password"):
        read()


def test_another_event_under_the_round_is_no_data_of_ours(timing) -> None:
    with pytest.raises(SourceChangedError, match="registered is 2026-04-12"):
        read(dt.date(2026, 4, 12))


def test_without_an_account_or_from_another_upstream_nothing_is_asked(monkeypatch, timing) -> None:
    assert not live_timing.is_available(), "the upstream is an address"
    monkeypatch.delenv("F1LAKE_UPSTREAM")
    settings.cache_clear()
    assert live_timing.is_available()
    monkeypatch.delenv("F1_PASSWORD")
    assert not live_timing.is_available()
