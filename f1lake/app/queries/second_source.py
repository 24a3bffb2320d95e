"""What the second source adds to a race: practice, why cars did not finish, penalties, and where it says otherwise.

Everything is empty in a lake without F1DB.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from f1lake.app.queries.names import full_names

Tables = Mapping[str, pl.DataFrame]
PRACTICE, RETIREMENTS = "silver/practice_results", "silver/retirements"
GRID_PENALTIES, TIME_PENALTIES = "silver/grid_penalties", "silver/time_penalties"
DIFFERENCES = "gold/source_differences"
TABLES = (PRACTICE, RETIREMENTS, GRID_PENALTIES, TIME_PENALTIES, DIFFERENCES)
MARKED = ("entry", "classified", "place", "points", "pole")
"""The differences that a reader of a result would notice; where the car stood on the grid is none of them."""
NOTHING = {"reason": None, "reason_class": None, "places_back": None, "is_to_back": False, "penalty_ms": None}


def practices(tables: Tables, season: int, round_: int) -> tuple[list[str], list[dict[str, Any]]]:
    """The practices of a weekend, and of each driver the best time in each (by its name), the best of all and the laps.

    The fastest first; who was in no qualifying or race has the name that F1DB's id is made of.
    """
    rows = _of_round(tables, PRACTICE, season, round_).with_columns(pl.col("session").cast(pl.String))
    if rows.is_empty():
        return [], []
    sessions = rows["session"].unique().sort().to_list()
    times = rows.pivot("session", index="f1db_driver_id", values="best_ms")
    theirs = pl.col("f1db_driver_id").str.replace_all("-", " ").str.to_titlecase()
    names = pl.col("driver_id").replace_strict(full_names(tables), default=None)
    drivers = (
        rows.group_by("f1db_driver_id")
        .agg(pl.col("driver_id").first(), best_ms=pl.col("best_ms").min(), laps=pl.col("laps").sum())
        .with_columns(name=pl.coalesce(names, theirs))
        .join(times, on="f1db_driver_id").sort("best_ms", "name", nulls_last=True)
    )
    return sessions, drivers.rename({"driver_id": "id"}).to_dicts()


def notes_of(tables: Tables, season: int, round_: int, session: str) -> dict[str, dict[str, Any]]:
    """By driver, what is told of his race or sprint: `reason` and `reason_class`, `places_back`, `is_to_back`,
    `penalty_ms`, and `otherwise`, what F1DB has otherwise (`what` and `f1db`).
    """
    by_driver: dict[str, dict[str, Any]] = {}

    def of(table: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        rows = _of_round(tables, table, season, round_).filter(pl.col("session").cast(pl.String) == session)
        for row in rows.to_dicts():
            yield row, by_driver.setdefault(row["driver_id"], NOTHING | {"otherwise": []})

    for row, his in of(RETIREMENTS):
        his.update(reason=row["reason"], reason_class=row["reason_class"])
    for row, his in of(GRID_PENALTIES):
        his.update(places_back=row["places"], is_to_back=row["is_to_back"])
    for row, his in of(TIME_PENALTIES):
        his.update(penalty_ms=row["penalty_ms"])
    for row, his in of(DIFFERENCES):
        if row["what"] in MARKED:
            his["otherwise"].append(row)
    return by_driver


def makers(tables: Tables, seasons: pl.DataFrame) -> dict[int, str]:
    """With whose engines and tyres the `teams` of a driver's or team's seasons raced, by season."""
    of_teams = seasons.select("season", constructor_id="teams").explode("constructor_id")
    made = of_teams.join(_made(tables), on=["season", "constructor_id"], maintain_order="left")
    by_season = made.group_by("season", maintain_order=True).agg(pl.col("engines", "tyres").unique(maintain_order=True))
    return {
        season: " · ".join(["/".join(engines), "/".join(tyres)]) for season, engines, tyres in by_season.iter_rows()
    }


def _made(tables: Tables) -> pl.DataFrame:
    """[season, constructor_id, engines, tyres], the makers as text; no row without F1DB."""
    teams = tables["silver/constructors"]
    if "engines" not in teams.columns:
        texts = dict.fromkeys(("constructor_id", "engines", "tyres"), pl.String)
        return pl.DataFrame(schema={"season": pl.Int32} | texts)
    return teams.drop_nulls("engines").select(
        "season", "constructor_id", pl.col("engines", "tyres").list.eval(_named(pl.element())).list.join(", ")
    )


def _named(maker: pl.Expr) -> pl.Expr:
    """An id of F1DB as a name: `red-bull-ford` is Red Bull Ford, three letters are an abbreviation."""
    words = maker.str.replace_all("-", " ")
    return pl.when(words.str.len_chars() <= 3).then(words.str.to_uppercase()).otherwise(words.str.to_titlecase())


def _of_round(tables: Tables, name: str, season: int, round_: int) -> pl.DataFrame:
    rows = tables.get(name)
    if rows is None:
        return pl.DataFrame(schema={"session": pl.String})
    return rows.filter(pl.col("season") == season, pl.col("round") == round_)


