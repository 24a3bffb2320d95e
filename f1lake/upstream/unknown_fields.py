"""Fields of the source that FastF1 does not know and would drop.

They are kept as JSON in a column of their own until f1lake or FastF1 learns to read them. What does not belong here:
fields that are gone (the contracts and `raw/plausible.py` notice those).
"""

import json
from typing import Any

UNKNOWN_FIELDS = "unknown_fields"
UNKNOWN: Any = {
    "nullable": True, "description": "what FastF1 does not know of the row, as JSON", "metadata": {"reported": True}
}
"""How a contract declares the column `unknown_fields`."""
Category = dict[str, Any]
ROWS = {
    "Results", "SprintResults", "QualifyingResults", "PitStops", "Laps", "Timings", "DriverStandings",
    "ConstructorStandings",
}
"""The listings whose entries are rows; other lists are values of a row."""


def unknown_fields(answer: dict[str, Any], category: Category) -> list[str | None]:
    """For each row of a page, in order, the fields that FastF1's description leaves out, as JSON; null for none.

    A row is an event of the schedule, or an entry of an event's listing: what a listing repeats of
    its event is looked at in the schedule only.
    """
    table = answer.get("RaceTable") or answer.get("StandingsTable") or {}
    rows = [row for event in table.get(category["name"], []) for row in _rows(event, category)]
    return [json.dumps(row, sort_keys=True) if row else None for row in rows]


def _rows(nested: Category, category: Category) -> list[Category]:
    """The unknown fields of each row of the innermost listing; an object without a listing is a row itself."""
    listings = [sub for sub in category["sub"] if sub["type"] is list and sub["name"] in ROWS]
    if not listings:
        return [_unknown(nested, category)]
    return [row for sub in listings for entry in nested.get(sub["name"]) or [] for row in _rows(entry, sub)]


def _unknown(nested: Category, category: Category) -> Category:
    inner = {sub["name"]: sub for sub in category["sub"]}
    unknown_parts: Category = {}
    for key, value in nested.items():
        if key in category["map"]:
            continue
        if key not in inner:
            unknown_parts[key] = value
        elif isinstance(value, dict) and (unknown := _unknown(value, inner[key])):
            unknown_parts[key] = unknown
    return unknown_parts
