"""What the source does not say, and what FastF1 makes of it: one meaning, null.

The source says nothing by null, by leaving a field out, or by the text "None". FastF1 turns that into -1, NaN or
"None", and breaks on a null where it expects an object and on laps of which only some have a `position`. What does
not belong here: whether a row without a value can be believed (`raw/plausible.py`).
"""

from typing import Any

import fastf1.ergast.structure as api
import polars.selectors as cs
from fastf1.ergast import Ergast

NONE = "None"
NULL_WHERE_ABSENT = (
    cs.signed_integer().replace(-1, None), cs.float().fill_nan(None), cs.string().replace(NONE, None)
)
"""Columns as FastF1 gives them, with null for what it says instead of nothing: no field of the source is negative."""


class Client(Ergast):
    """FastF1's client of the API, whose parser sees only what an answer says."""

    @classmethod
    def _get(cls, url: str, params: dict[str, Any]) -> dict[str, Any] | list[Any]:
        answer = _said(super()._get(url, params))
        for race in answer["MRData"].get("RaceTable", {}).get("Races", []):
            if "Laps" in race:
                race["Laps"] = [_whole(lap) for lap in race["Laps"] if lap.get("Timings")]
        return answer


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
