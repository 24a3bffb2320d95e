"""Rows that cannot be true are detected here, named, and left out one by one.

Not here: which event rows belong to (`session_results.py`, `event_rows.py`), and types, keys and bounds, which the
contracts check.
"""

from collections.abc import Callable, Container, Iterable
from typing import NamedTuple

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.storage.schemas import key_columns
from f1lake.upstream.pages import described

Group = tuple[object, ...]

EVENT = ["season", "round"]
SESSION = [*EVENT, "session"]
NAMES = ("driverId", "constructorId", "raceName")
"""The columns that say whose or what a row is; the first one present counts."""
LETTERS = {
    "R": "retired",
    "N": "not_classified",
    "D": "disqualified",
    "E": "excluded",
    "W": "withdrawn",
    "F": "failed_to_qualify",
}
"""Ergast's letters for unclassified drivers (E and N are documented, but unused up to 2026)."""
PLACE_OR_LETTER = rf"^(\d+|[{''.join(LETTERS)}])$"
TOLD_OF_A_RACE = ("positionText", "points")
"""The columns that decide championships; without any of them nothing is known of a race."""

FIRST_OF_26_CARS = 1996
LARGEST_FIELD, LARGEST_FIELD_OF_26 = 40, 26
"""The largest fields: 39 entrants in a race of 1961 and of 1989, at most 26 since pre-qualifying ended."""
LAST_SHARED_DRIVE = 1964
"""Until this season a driver could race more than one car, with a row for each."""


class Believed(NamedTuple):
    """The plausible rows of a listing, in the shape of its contract."""

    rows: pl.DataFrame
    """The rows, without duplicates."""
    refused: pl.DataFrame
    """The implausible events or sessions: [season, round, (session,) message]."""
    odd: list[str]
    """What was accepted although it is odd, in words: duplicate rows."""


def believed(what: str, schema: type[dy.Schema], rows: pl.DataFrame) -> Believed:
    """The plausible rows of a listing (a key of `pages.LISTINGS`); an event is accepted or refused as a whole."""
    return _sifted(rows, lambda once: refused(schema, once, EVENT), lambda *event: described(what, *event))


def believed_results(schema: type[dy.Schema], rows: pl.DataFrame) -> Believed:
    """The plausible results; a session is accepted or refused as a whole."""
    return _sifted(
        rows, lambda once: refused_results(schema, once), lambda season, round_, name: described(name, season, round_)
    )


def warn(context: dg.AssetExecutionContext, refused: Iterable[str], odd: Iterable[str]) -> dict[str, str]:
    """Warn in the run's log, and return the same as metadata of the output; the check `contract` shows `refused`."""
    for message in (*refused, *odd):
        context.log.warning(message)
    return {"refused": "; ".join(refused), "odd": "; ".join(odd)}


def refused(schema: type[dy.Schema], rows: pl.DataFrame, group: list[str]) -> pl.DataFrame:
    """The groups of rows that cannot be believed, and `why`: "norris: 2 rows, with other points".

    Those with rows of one key that contradict each other, and with rows that break the contract otherwise.
    """
    contradicting = contradictions(rows, key_columns(schema), group)
    broken = schema.filter(rows)[1].details()
    rules = [name for name in broken.columns if name not in rows.columns]
    for row in broken.iter_rows(named=True):
        column, _, rule = next(name for name in rules if row[name] == "invalid").partition("|")
        what = f"its {column} is {row[column]}" if rule else f"it breaks the rule {column}"
        contradicting.setdefault(tuple(row[name] for name in group), f"{_whose(row)}: {what}")
    return _framed(contradicting, rows, group)


def refused_results(schema: type[dy.Schema], results: pl.DataFrame) -> pl.DataFrame:
    """The sessions (season, round, session) whose results cannot be, and `why`.

    Beside what `refused` finds: those without a first place, races without a date, without any points or places, a
    place that is neither a number nor a letter of Ergast's, places or grid slots beyond the largest field of the
    year, and a driver with two rows since nobody may change cars.
    """
    is_race = pl.col("session") != "Qualifying"
    largest = pl.when(pl.col("season") < FIRST_OF_26_CARS).then(LARGEST_FIELD).otherwise(LARGEST_FIELD_OF_26)
    place = pl.max_horizontal("position", "grid")
    of_row = (
        pl.when(place > largest)
        .then(pl.format("{}: a place or grid slot {} in a field of at most {}", "driverId", place, largest))
        .when(is_race & ~pl.col("positionText").str.contains(PLACE_OR_LETTER))
        .then(pl.format("{}: the place `{}` is neither a number nor a known letter", "driverId", "positionText"))
    )
    of_session = pl.when((pl.col("position") == 1).any().not_()).then(pl.lit("nobody is first"))
    of_session = of_session.when(((pl.col("session") == "Race") & pl.col("raceDate").is_null()).any()).then(
        pl.lit("the race has no date")
    )
    for name in TOLD_OF_A_RACE:
        of_session = of_session.when(is_race.any() & pl.col(name).is_null().all()).then(pl.lit(f"no row has {name}"))
    wrong = (
        results.with_columns(of_row=of_row)
        .group_by(SESSION, maintain_order=True)
        .agg(why=pl.coalesce(of_session, pl.col("of_row").drop_nulls().first()))
        .drop_nulls("why")
    )
    one_car = contradictions(results.filter(pl.col("season") > LAST_SHARED_DRIVE), ["driverId"], SESSION)
    every = pl.concat([wrong, _framed(one_car, results, SESSION), refused(schema, results, SESSION)])
    return every.unique(SESSION, keep="first").sort(SESSION)


def contradictions(rows: pl.DataFrame, key: list[str], group: list[str]) -> dict[Group, str]:
    """The groups in which rows with the same key differ: whose rows, and in which columns."""
    key = [*dict.fromkeys([*group, *key])]
    twins = rows.filter(pl.struct(key).is_duplicated())
    by_group: dict[Group, str] = {}
    for pair in twins.partition_by(key, maintain_order=True):
        row = pair.row(0, named=True)
        other = [name for name in pair.columns if name != "collected_at" and pair[name].n_unique() > 1]
        by_group.setdefault(
            tuple(row[name] for name in group), f"{_whose(row)}: {pair.height} rows, with other {', '.join(other)}"
        )
    return by_group


def _sifted(
    rows: pl.DataFrame, refuse: Callable[[pl.DataFrame], pl.DataFrame], words: Callable[..., str]
) -> Believed:
    once = rows.unique(maintain_order=True)
    wrong = refuse(once)
    group = [name for name in wrong.columns if name != "why"]
    whose = pl.col(_naming(rows)).unique(maintain_order=True).str.join(", ")
    repeated = rows.filter(rows.is_duplicated()).group_by(group, maintain_order=True).agg(whose)
    reasons = [f"{words(*of)}: {why}" for *of, why in wrong.iter_rows()]
    return Believed(
        once.join(wrong, on=group, how="anti", maintain_order="left"),
        wrong.select(*group, pl.Series("message", reasons, pl.String)),
        [f"{words(*of)}: {name} stood there twice, taken once" for *of, name in repeated.iter_rows()],
    )


def _framed(problems: dict[Group, str], rows: pl.DataFrame, group: list[str]) -> pl.DataFrame:
    columns = {name: rows.schema[name] for name in group} | {"why": pl.String()}
    return pl.DataFrame([(*of, why) for of, why in problems.items()], schema=columns, orient="row")


def _whose(row: dict[str, object]) -> object:
    return row[_naming(row)] or "a row without a name"


def _naming(columns: Container[str]) -> str:
    """The column that identifies a row."""
    return next(name for name in NAMES if name in columns)
