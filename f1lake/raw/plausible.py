"""What rows must say to be believed: what cannot be is noticed here, by name, and kept out alone.

What does not belong here: which event rows are of (`session_results.py`, `event_rows.py`), and types, keys and
bounds, which are the contracts'.
"""

import dataframely as dy
import polars as pl

from f1lake.storage.contract import key_columns

Group = tuple[object, ...]

SESSION = ["season", "round", "session"]
LETTERS = {
    "R": "retired",
    "N": "not_classified",
    "D": "disqualified",
    "E": "excluded",
    "W": "withdrawn",
    "F": "failed_to_qualify",
}
"""Ergast's letters for those who were not classified (E and N are documented, but in no row to 2026)."""
PLACE_OR_LETTER = rf"^(\d+|[{''.join(LETTERS)}])$"
TOLD_OF_A_RACE = ("positionText", "points")
"""What decides championships: of a race without any of it nothing is known."""

FIRST_OF_26_CARS = 1996
LARGEST_FIELD, LARGEST_FIELD_OF_26 = 40, 26
"""39 were entered for a race in 1961 and in 1989; no more than 26 since the pre-qualifying ended."""
LAST_SHARED_DRIVE = 1964
"""Until then a driver could race more than one car, and has a row for each."""


def once(rows: pl.DataFrame, group: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows, each once; and the groups in which the source has some more than once, and `whose` they are."""
    name = "driverId" if "driverId" in rows.columns else "constructorId"
    repeated = rows.filter(rows.is_duplicated()).group_by(group, maintain_order=True).agg(
        whose=pl.col(name).unique(maintain_order=True).str.join(", ")
    )
    return rows.unique(maintain_order=True), repeated


def refused(schema: type[dy.Schema], rows: pl.DataFrame, group: list[str]) -> pl.DataFrame:
    """The groups of rows that cannot be believed, and `why`: "norris: 2 rows, with other points".

    Those with rows of one key that contradict each other, and with rows that break the contract otherwise.
    """
    found = contradictions(rows, key_columns(schema), group)
    broken = schema.filter(rows)[1].details()
    rules = [name for name in broken.columns if name not in rows.columns]
    for row in broken.iter_rows(named=True):
        column, _, rule = next(name for name in rules if row[name] == "invalid").partition("|")
        what = f"its {column} is {row[column]}" if rule else f"it breaks the rule {column}"
        found.setdefault(tuple(row[name] for name in group), f"{_whose(row)}: {what}")
    return _framed(found, rows, group)


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
    """The groups in which rows of one key differ: whose, and in what."""
    key = [*dict.fromkeys([*group, *key])]
    twins = rows.filter(pl.struct(key).is_duplicated())
    found: dict[Group, str] = {}
    for pair in twins.partition_by(key, maintain_order=True):
        row = pair.row(0, named=True)
        other = [name for name in pair.columns if name != "collected_at" and pair[name].n_unique() > 1]
        found.setdefault(
            tuple(row[name] for name in group), f"{_whose(row)}: {pair.height} rows, with other {', '.join(other)}"
        )
    return found


def _framed(found: dict[Group, str], rows: pl.DataFrame, group: list[str]) -> pl.DataFrame:
    columns = {name: rows.schema[name] for name in group} | {"why": pl.String()}
    return pl.DataFrame([(*of, why) for of, why in found.items()], schema=columns, orient="row")


def _whose(row: dict[str, object]) -> object:
    return row.get("driverId") or row.get("constructorId") or "a row without a driver"
