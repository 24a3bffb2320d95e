"""What F1's live timing tells of a session, through FastF1's session loading, where an F1TV account is set.

`F1_USERNAME` and `F1_PASSWORD` are FastF1's own variables. Without them, or with another upstream than
the live services, there is no live timing, and nothing waits or fails for it. FastF1 asks F1's own host for each
file, then a mirror, and turns what goes wrong into a warning and a missing part; here each part has its own rows
or its own failure. What does not belong here: results, laps and stops, which Jolpica has for everybody.
"""

import datetime as dt
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import polars as pl
import polars.selectors as cs

from f1lake import clock
from f1lake.settings import settings
from f1lake.upstream.failures import (
    CredentialsRejectedError,
    RefusedHereError,
    SourceChangedError,
    UnavailableError,
    UpstreamError,
)
from f1lake.upstream.services import LIVE_TIMING

if TYPE_CHECKING:
    from f1lake.upstream.answers import Answer
    from f1lake.upstream.fastf1_session import UpstreamSession

MIRROR_HAS_NONE = (403, 404)
"""HTTP statuses of the mirror meaning 'no such file'. F1's own host sends 404; its 403 concerns the client."""

NO_TEXT = ["", "nan"]
"""FastF1's value for a missing text."""

CREDENTIALS = ("F1_USERNAME", "F1_PASSWORD")
DRIVERS: dict[str, Any] = {
    "DriverNumber": pl.String, "BroadcastName": pl.String, "Abbreviation": pl.String, "DriverId": pl.String,
    "TeamName": pl.String, "TeamColor": pl.String, "TeamId": pl.String, "HeadshotUrl": pl.String,
    "CountryCode": pl.String,
}
WEATHER: dict[str, Any] = {
    "Time": pl.Duration("us"), "AirTemp": pl.Float64, "Humidity": pl.Float64, "Pressure": pl.Float64,
    "Rainfall": pl.Boolean, "TrackTemp": pl.Float64, "WindDirection": pl.Int64, "WindSpeed": pl.Float64,
}
MESSAGES: dict[str, Any] = {
    "Time": pl.Datetime("us", "UTC"), "Category": pl.String, "Message": pl.String, "Status": pl.String,
    "Flag": pl.String, "Scope": pl.String, "Sector": pl.Int64, "RacingNumber": pl.String, "Lap": pl.Int64,
}
TYRES: dict[str, Any] = {
    "DriverNumber": pl.String, "LapNumber": pl.Int64, "Stint": pl.Int64, "Compound": pl.String,
    "TyreLife": pl.Int64, "FreshTyre": pl.Boolean,
}
"""FastF1's columns of each kind, and the types in which they are stored."""


PARTS = ("drivers", "weather", "messages", "tyres")
PART_OF_FILE = {"DriverList": "drivers", "WeatherData": "weather", "RaceControlMessages": "messages"}
"""The part that each file belongs to; all other files are needed for the laps, whose tyres are the fourth part."""


@dataclass(frozen=True)
class LiveTiming:
    """The live timing of one session: the rows of each part (none if it has none), or its failure."""

    parts: Mapping[str, pl.DataFrame | UpstreamError]

    def rows(self, part: str) -> pl.DataFrame:
        """The rows of one of `PARTS`. Raises the failure of that part."""
        outcome = self.parts[part]
        if isinstance(outcome, UpstreamError):
            raise outcome
        return outcome


def is_available() -> bool:
    """Whether live timing can be requested: an account is set, and the upstream is the live services."""
    return settings().upstream is None and all(os.environ.get(name) for name in CREDENTIALS)


def read_session(session: "UpstreamSession", season: int, round_: int, day: dt.date, name: str) -> LiveTiming:
    """One session (`Race`, `Sprint`, `Qualifying`) of the event whose race is on `day`.

    What goes wrong is `CredentialsRejectedError`, `RefusedHereError`, `UnavailableError`, or `SourceChangedError`,
    which FastF1 having no event on that day is too. The first 401 ends the asking.
    """
    import fastf1  # only who has an account needs it

    request = f"live timing of {name} of season {season}, round {round_}"
    try:
        _sign_in(session, request)
        with session.asking(request):
            schedule = fastf1.get_event_schedule(season, include_testing=False, backend="fastf1")
            loaded = _event_on(schedule, day, round_, request).get_session(name)
        session.live_timing.clear()
        with session.asking(request):
            loaded.load(laps=True, telemetry=False, weather=True, messages=True)
    except UpstreamError as error:
        return LiveTiming({**dict.fromkeys(PARTS, error), **_failures(request, session.live_timing.values())})
    failures = _failures(request, session.live_timing.values())
    return LiveTiming({part: failures.get(part) or _read(request, loaded, part) for part in PARTS})


def try_sign_in() -> None:
    """Sign in, and request the list of a season's sessions from F1's own host. Raises what is wrong."""
    from f1lake.upstream.fastf1_session import UpstreamSession

    request = "live timing"
    with UpstreamSession() as session:
        _sign_in(session, request)
        with session.asking(request):
            session.get(f"{LIVE_TIMING}/static/{clock.now().year}/Index.json")
        failures = _failures(request, session.live_timing.values())
    for failure in failures.values():
        raise failure


def _event_on(schedule: Any, day: dt.date, round_: int, request: str) -> Any:
    """FastF1's event of a day, plus or minus one, whatever its round; its round becomes ours."""
    schedule = schedule[schedule["EventDate"].notna()]
    days = [dt.date.fromisoformat(str(value)[:10]) for value in schedule["EventDate"]]
    near = [place for place, of_event in enumerate(days) if abs(of_event - day) <= dt.timedelta(days=1)]
    if not near:
        raise SourceChangedError(request, f"FastF1 has no event on {day}")
    event = schedule.iloc[near[0]].copy()
    event["RoundNumber"] = round_  # by this FastF1 asks the API who drove
    return event


def _failures(request: str, answers: "Iterable[Answer]") -> dict[str, UpstreamError]:
    """The failure of each part, from what both hosts answered for its files."""
    answers_by_part: dict[str, list[Answer]] = {}
    for answer in answers:
        answers_by_part.setdefault(urlsplit(answer.url).path, []).append(answer)
    failures: dict[str, UpstreamError] = {}
    for path, of_file in answers_by_part.items():
        failure = _failure(request, of_file)
        if isinstance(failure, CredentialsRejectedError):
            return dict.fromkeys(PARTS, failure)
        if failure:
            failures.setdefault(PART_OF_FILE.get(path.rpartition("/")[2].partition(".")[0], "tyres"), failure)
    return failures


def _failure(request: str, answers: "list[Answer]") -> UpstreamError | None:
    """The failure of a file, by the worst answer; None for one that exists, or that F1 does not have."""
    of_f1 = {answer.status for answer in answers if answer.url.startswith(LIVE_TIMING)}
    if any(answer.status == 401 for answer in answers):
        return CredentialsRejectedError(request, "live timing rejects the account: its F1TV subscription may be over")
    if any(answer.status == 200 for answer in answers):
        return None
    if 403 in of_f1:
        return RefusedHereError(request, "F1 refuses this machine (status 403)")
    failed = [a for a in answers if a.status != 404 and (a.status not in MIRROR_HAS_NONE or a.status in of_f1)]
    if not failed:
        return None
    why = f"status {failed[0].status}" if failed[0].status else type(failed[0].error).__name__
    return UnavailableError(request, f"live timing failed ({why})", failed[0].retry_after_s)


def _read(request: str, loaded: Any, part: str) -> pl.DataFrame | UpstreamError:
    """A part of what FastF1 has loaded, or the failure of its shape."""
    try:
        if part == "drivers":
            named = _part(request, loaded, "results", DRIVERS)
            return named.drop_nulls("BroadcastName")  # the others are Jolpica's, which FastF1 joins
        if part == "weather":
            return _part(request, loaded, "weather_data", WEATHER)
        if part == "messages":
            return _part(request, loaded, "race_control_messages", MESSAGES).with_row_index("message_number", 1)
        return _part(request, loaded, "laps", TYRES)
    except SourceChangedError as error:
        return error


def _sign_in(session: "UpstreamSession", request: str) -> None:
    """Sign in before FastF1 does, which would continue without an account and log a warning."""
    import requests
    from fastf1.exceptions import F1AuthError
    from fastf1.internals.f1account import token_manager

    try:
        with session.asking(request):
            token_manager.get()
    except F1AuthError as error:
        cause = error.__cause__
        if isinstance(cause, requests.HTTPError) and getattr(cause.response, "status_code", None) == 403:
            raise RefusedHereError(request, f"F1 refuses to sign in this machine ({error})") from error
        if isinstance(cause, requests.RequestException):
            raise UnavailableError(request, f"signing in to F1TV failed ({error})") from error
        raise CredentialsRejectedError(request, f"F1TV does not accept the account ({error})") from error


def _part(request: str, loaded: Any, name: str, columns: Mapping[str, Any]) -> pl.DataFrame:
    """One of FastF1's frames in our types; no rows if it was not loaded.

    Raises `SourceChangedError` for a frame with rows that lacks a column.
    """
    import pandas as pd
    from fastf1.exceptions import DataNotLoadedError

    try:
        frame = pd.DataFrame(getattr(loaded, name))
    except DataNotLoadedError:
        return pl.DataFrame(schema=columns)
    if frame.empty:
        return pl.DataFrame(schema=columns)
    lacking = sorted(set(columns) - set(frame.columns))
    if lacking:
        raise SourceChangedError(request, f"its {name} has no {', '.join(lacking)}")
    rows = pl.DataFrame(pl.from_pandas(frame.filter(list(columns)).reset_index(drop=True)))
    typed = rows.select(pl.col(name).cast(dtype) for name, dtype in columns.items())
    return typed.with_columns(cs.string().replace(NO_TEXT, None))
