"""FastF1's client of the API, what it makes of each answer, and its frames as polars has them.

Importing FastF1 and pandas takes more than a second, so what reads a page imports this where it does (`pages.py`).
"""

import warnings
from collections.abc import Callable
from typing import Any

import fastf1.ergast.structure as api
import pandas as pd
import polars as pl
from fastf1.ergast import Ergast

from f1lake.upstream.absent import NONE
from f1lake.upstream.pages import CONSTRUCTOR_STANDINGS, LAPS, PIT_STOPS, SCHEDULE, STANDINGS

LISTINGS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    SCHEDULE: (Ergast.get_race_schedule, api.Races_Schedule),
    "Race": (Ergast.get_race_results, api.Races_RaceResults),
    "Sprint": (Ergast.get_sprint_results, api.Races_SprintResults),
    "Qualifying": (Ergast.get_qualifying_results, api.Races_QualifyingResults),
    PIT_STOPS: (Ergast.get_pit_stops, api.Races_PitStops),
    LAPS: (Ergast.get_lap_times, api.Races_Laps),
    STANDINGS: (Ergast.get_driver_standings, api.StandingsLists_Driver),
    CONSTRUCTOR_STANDINGS: (Ergast.get_constructor_standings, api.StandingsLists_Constructor),
}
"""FastF1's method and its description of the answer, by what is asked for."""

POLARS_TYPES: dict[Any, Any] = {
    str: pl.String,
    api.save_int: pl.Int64,
    api.save_float: pl.Float64,
    api.date_from_ergast: pl.Date,
    api.time_from_ergast: pl.Time,
    api.timedelta_from_ergast: pl.Duration("us"),
}


class Client(Ergast):
    """FastF1's client of the API, whose parser sees only what an answer says.

    It breaks on a null where it expects an object, and on laps of which only some have a `position`.
    """

    @classmethod
    def _get(cls, url: str, params: dict[str, Any]) -> dict[str, Any] | list[Any]:
        answer = _said(super()._get(url, params))
        for race in answer["MRData"].get("RaceTable", {}).get("Races", []):
            if "Laps" in race:
                race["Laps"] = [_whole(lap) for lap in race["Laps"] if lap.get("Timings")]
        return answer


def columns_of(category: dict[str, Any]) -> dict[str, Any]:
    """The columns, and their polars types, that FastF1 makes of an answer, by its own description of it."""
    columns = {mapping["name"]: POLARS_TYPES[mapping["type"]] for mapping in category["map"].values()}
    if category is api.ConstructorsInline:
        columns = {name: pl.List(dtype) for name, dtype in columns.items()}
    for part in category["sub"]:
        columns |= columns_of(part)
    return columns


def joined(frames: list[pd.DataFrame]) -> pl.DataFrame:
    """One polars frame of many of FastF1's, whatever columns each lacks."""
    with warnings.catch_warnings():
        # pandas will stop guessing the type of columns without values; ours are set afterwards.
        warnings.simplefilter("ignore", FutureWarning)
        joined = pd.concat([pd.DataFrame(frame) for frame in frames], ignore_index=True)
    return pl.from_pandas(joined)


def _said(value: Any) -> Any:
    """An answer without its nulls and its texts "None"."""
    if isinstance(value, dict):
        return {key: _said(inner) for key, inner in value.items() if inner is not None and inner != NONE}
    if isinstance(value, list):
        return [_said(inner) for inner in value if inner is not None]
    return value


def _whole(lap: dict[str, Any]) -> dict[str, Any]:
    """A lap whose timings all have the same fields, as FastF1 joins them field by field."""
    empty = dict.fromkeys(api.Timings["map"])
    return {"number": None} | lap | {"Timings": [empty | timing for timing in lap["Timings"]]}
