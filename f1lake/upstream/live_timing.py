"""What F1's live timing tells of a session, through FastF1's session loading, where an F1TV account is set.

`F1_USERNAME` and `F1_PASSWORD` are FastF1's own variables. Without them, or with another upstream than
the live services, there is no live timing, and nothing waits or fails for it. What does not belong
here: results, laps and stops, which Jolpica has for everybody.
"""

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import fastf1
import pandas as pd
import polars as pl
import polars.selectors as cs
import requests
from fastf1.exceptions import DataNotLoadedError, F1AuthError
from fastf1.internals.f1account import token_manager

from f1lake.settings import settings
from f1lake.upstream.failures import CredentialsRejectedError, SourceChangedError, UnavailableError
from f1lake.upstream.session import UpstreamSession

HAS_NONE = (403, 404)
"""How the static files of live timing, and their mirror, say that there is no such file."""

NO_TEXT = ["", "nan"]
"""What FastF1 makes of a text that is not there."""

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
"""FastF1's columns of each kind, and the types in which they are kept."""


@dataclass(frozen=True)
class LiveTiming:
    """What live timing told of one session; no rows of what it does not have."""

    drivers: pl.DataFrame
    weather: pl.DataFrame
    messages: pl.DataFrame
    tyres: pl.DataFrame


def is_available() -> bool:
    """Whether live timing may be asked: an account is set, and the upstream is the live services."""
    return settings().upstream is None and all(os.environ.get(name) for name in CREDENTIALS)


def read_session(session: UpstreamSession, season: int, round_: int, day: dt.date, name: str) -> LiveTiming:
    """One session of an event (`Race`, `Sprint`, `Qualifying`) whose race is on `day`; no rows of what there is not.

    FastF1 turns what goes wrong into warnings and missing parts; here it is an error again: raises
    `CredentialsRejectedError`, `SourceChangedError` if FastF1 has another event under this round, and
    `UnavailableError` if live timing failed.
    """
    asked = f"live timing of {name} of season {season}, round {round_}"
    _sign_in(asked)
    with session.asking(asked):
        event = fastf1.get_event_schedule(season, include_testing=False, backend="fastf1").get_event_by_round(round_)
        loaded = event.get_session(name)
    of_event = dt.date.fromisoformat(str(event["EventDate"])[:10])
    if abs(of_event - day) > dt.timedelta(days=1):
        raise SourceChangedError(asked, f"FastF1 has the event of {of_event} under this round, registered is {day}")
    session.live_timing.clear()
    with session.asking(asked):
        loaded.load(laps=True, telemetry=False, weather=True, messages=True)
    for answer in session.live_timing.values():
        if answer.status == 401:
            raise CredentialsRejectedError(asked, "live timing rejects the account: its F1TV subscription may be over")
        if answer.status != 200 and answer.status not in HAS_NONE:
            why = f"status {answer.status}" if answer.status else type(answer.error).__name__
            raise UnavailableError(asked, f"live timing failed ({why})", answer.retry_after_s)
    drivers = _part(asked, loaded, "results", DRIVERS)
    return LiveTiming(
        drivers=drivers.drop_nulls("BroadcastName"),  # the others are Jolpica's, which FastF1 joins
        weather=_part(asked, loaded, "weather_data", WEATHER),
        messages=_part(asked, loaded, "race_control_messages", MESSAGES).with_row_index("message_number", 1),
        tyres=_part(asked, loaded, "laps", TYRES),
    )


def _sign_in(asked: str) -> None:
    """Sign in before FastF1 does, which would go on without an account and log a warning."""
    try:
        token_manager.get()
    except F1AuthError as error:
        if isinstance(error.__cause__, requests.RequestException):
            raise UnavailableError(asked, f"signing in to F1TV failed ({error})") from error
        raise CredentialsRejectedError(asked, f"F1TV does not accept the account ({error})") from error


def _part(asked: str, loaded: Any, name: str, columns: Mapping[str, Any]) -> pl.DataFrame:
    """One of FastF1's frames in our types; no rows where it was not loaded.

    Raises `SourceChangedError` for a frame with rows that lacks a column.
    """
    try:
        frame = pd.DataFrame(getattr(loaded, name))
    except DataNotLoadedError:
        return pl.DataFrame(schema=columns)
    if frame.empty:
        return pl.DataFrame(schema=columns)
    lacking = sorted(set(columns) - set(frame.columns))
    if lacking:
        raise SourceChangedError(asked, f"its {name} has no {', '.join(lacking)}")
    rows = pl.DataFrame(pl.from_pandas(frame.filter(list(columns)).reset_index(drop=True)))
    typed = rows.select(pl.col(name).cast(dtype) for name, dtype in columns.items())
    return typed.with_columns(cs.string().replace(NO_TEXT, None))
