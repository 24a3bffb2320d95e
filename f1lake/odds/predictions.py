"""Predictions of friends in a CSV file of the lake: what a row means, and which rows are invalid.

How good they were is in `game_scores.py`.
"""

import datetime as dt
import re
from collections.abc import Iterable

import polars as pl

from f1lake.odds.csv_rows import InvalidRowsError, instant, rows_of
from f1lake.partitions import EVENT_KEY

FILE = "game/predictions.csv"
"""The path of the file in the lake."""
COLUMNS, EITHER, MAY = ("name", "race", "driver"), ("chance", "order"), ("instant",)
PREDICTION = ["player", "season", "round"]
SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "line": pl.Int64, "player": pl.String, "season": pl.Int32, "round": pl.Int32, "entrant_id": pl.String,
    "chance": pl.Float64, "place": pl.Int64, "at": pl.Datetime("us", "UTC"),
}  # fmt: skip
LONGEST_NAME = 40
SLACK = 0.001
"""By how much chances may sum to more than 1: thirds in percent do."""


class PredictionsError(InvalidRowsError):
    """An invalid prediction."""


def predictions(content: bytes) -> tuple[pl.DataFrame, list[str]]:
    """The rows of the file, and the invalid ones, each with its line and reason.

    A row has the `name` of the player, a `race` event (`2026-10`), a `driver` (the source's id), and either a `chance`
    to win (`0.4` or `40%`) or a place in an `order` (1, 2, …). `instant`, an ISO instant with its time zone, is
    optional. Returns `SCHEMA`. A prediction with an invalid row is left out as a whole. Raises `InvalidRowsError` if a
    column is missing.
    """
    read, refused, spoilt = [], [], set[tuple[str, str]]()
    for line, row in rows_of(content, FILE, *([name] for name in COLUMNS), EITHER):
        fields = {name: row.get(name, "") for name in (*COLUMNS, *EITHER, *MAY)}
        try:
            read.append((line, *_prediction(*fields.values())))
        except InvalidRowsError as why:
            refused.append(f"line {line}: {why}")
            spoilt.add((fields["name"], fields["race"]))
    parsed = pl.DataFrame(read, schema=SCHEMA, orient="row")
    is_spoilt = pl.struct("player", race=EVENT_KEY).is_in([{"player": name, "race": race} for name, race in spoilt])
    kept = parsed.filter(~is_spoilt) if spoilt else parsed
    whole, contradicting = _without(kept, _contradictions(kept))
    return whole, [*refused, *contradicting]


def _contradictions(parsed: pl.DataFrame) -> Iterable[tuple[pl.DataFrame, str]]:
    """The predictions that cannot be right, with the reason."""
    for _, rows in parsed.group_by(PREDICTION, maintain_order=True):
        if rows["entrant_id"].is_duplicated().any():
            yield rows, "a driver is named twice"
        elif rows["chance"].null_count() not in (0, rows.height):
            yield rows, "some rows have a chance, some a place: it is one or the other"
        elif rows["chance"].null_count() == 0 and rows["chance"].sum() > 1 + SLACK:
            yield rows, f"the chances sum to {rows['chance'].sum():.0%}"
        elif rows["place"].drop_nulls().is_duplicated().any():
            yield rows, "a place is given twice"


def _without(parsed: pl.DataFrame, odd: Iterable[tuple[pl.DataFrame, str]]) -> tuple[pl.DataFrame, list[str]]:
    reasons = []
    for rows, why in odd:
        player, season, round_ = rows.select(PREDICTION).row(0)
        reasons.append(f"lines {', '.join(map(str, rows['line']))}: {player}, {season}-{round_:02d}: {why}")
        parsed = parsed.join(rows, on="line", how="anti", maintain_order="left")
    return parsed, reasons


def _prediction(
    name: str, race: str, driver: str, chance: str, order: str, at: str
) -> tuple[str, int, int, str, float | None, int | None, dt.datetime | None]:
    if not 0 < len(name) <= LONGEST_NAME:
        raise PredictionsError(f"a name has 1 to {LONGEST_NAME} letters")
    if not re.fullmatch(r"\d{4}-\d{2}", race):
        raise PredictionsError(f"{race!r} is no race event: 2026-10")
    if not driver:
        raise PredictionsError("no driver")
    if bool(chance) == bool(order):
        raise PredictionsError("a row has a chance or a place in the order, one of the two")
    if order and not re.fullmatch(r"[1-9]\d?", order):
        raise PredictionsError(f"{order!r} is no place: 1, 2, …")
    return (
        name, int(race[:4]), int(race[5:]), driver, _share(chance) if chance else None, int(order) if order else None,
        instant(at) if at else None,
    )  # fmt: skip


def _share(text: str) -> float:
    match = re.fullmatch(r"(\d+(?:[.,]\d+)?)\s*(%?)", text)
    share = float(match[1].replace(",", ".")) / (100 if match[2] else 1) if match else -1.0
    if not 0 <= share <= 1:
        raise PredictionsError(f"{text!r} is no chance: 0.4 or 40%")
    return share
