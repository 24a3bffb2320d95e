"""Careers and seasons of every driver and team beside F1DB's own totals: equal but for gold/source_differences.

The totals are those that gold counts, of silver's results with F1DB's value wherever a row of the differences has one.
"""

import io
import runpy
import zipfile
from collections.abc import Callable

import polars as pl
import pytest

from f1lake.gold.constructor_career import histories
from f1lake.gold.driver_career import careers
from f1lake.gold.source_differences import KEY, source_differences
from f1lake.raw import f1db_drivers as raw_drivers
from f1lake.raw import f1db_race_data, f1db_races
from f1lake.raw.f1db import believed_rows
from f1lake.silver.drivers import drivers
from f1lake.silver.f1db import of_sessions
from f1lake.silver.f1db_drivers import f1db_drivers
from f1lake.silver.session_results import SessionResults
from f1lake.upstream.f1db.tables import Archive
from f1lake_tests.recorded_upstream import UPSTREAM

Made = Callable[..., pl.DataFrame]
Frames = dict[str, pl.DataFrame]
TAG, DAY = "v2026.9.1", "2026-07-13"
FIRST_FASTEST_LAPS = 2004
"""Before, only F1DB says who had the fastest lap."""
TOTALS = {
    "races": "totalRaceStarts", "wins": "totalRaceWins", "podiums": "totalPodiums", "poles": "totalPolePositions",
    "points": "totalPoints", "sprint_wins": "totalSprintRaceWins",
}  # fmt: skip
"""What careers count, by F1DB's columns."""
OF_DRIVERS = TOTALS | {"sprints": "totalSprintRaceStarts"}
POINTS_WITHIN = 0.011
"""Sevenths are rounded in both."""
SHARE_WHO_RACED = 0.85
"""F1DB also has who only drove in practice."""
FASTEST = {"fastest_laps": "totalFastestLaps"}


@pytest.fixture(scope="module")
def release() -> bytes:
    """F1DB's archive as it was published after R9 of 2026."""
    file = UPSTREAM.parent / "f1db" / "release.py"
    if not file.is_file():
        pytest.skip("no F1DB: shared/f1db is not beside the checkout")
    return runpy.run_path(str(file))["made"](TAG, DAY)


@pytest.fixture(scope="module")
def f1db(release: bytes) -> Frames:
    """Its totals of drivers, and those of the seasons of drivers and constructors."""
    zipped = zipfile.ZipFile(io.BytesIO(release))
    names = ("drivers", "seasons-drivers", "seasons-constructors")
    return {name: pl.read_csv(zipped.read(f"f1db-{name}.csv"), infer_schema_length=None) for name in names}


@pytest.fixture(scope="module")
def ours(release: bytes, made: Made, recorded_results: pl.DataFrame, recorded_bronze: Frames, calendar: pl.DataFrame
) -> Frames:  # fmt: skip
    """What the lake makes of the release: `ids`, `theirs` (rows of races), `results` with F1DB's values."""
    archive, refused = Archive(TAG, release), []
    rows, races, people = (
        believed_rows(schema, module.read(archive), refused, f"F1DB {TAG}")
        for module, schema in (
            (f1db_race_data, f1db_race_data.RaceData), (f1db_races, f1db_races.F1dbRaces),
            (raw_drivers, raw_drivers.F1dbDrivers),
        )
    )
    assert refused == []
    ids = made(f1db_drivers, people, rows, made(drivers, recorded_bronze["session_results"]))
    differences = made(source_differences, recorded_results, rows, races, calendar, ids)
    assert differences["reason"].null_count() == 0
    theirs = of_sessions(rows.lazy(), races.lazy(), calendar.lazy(), ids.lazy(), f1db_race_data.RACE).collect()
    return {
        "ids": ids.drop_nulls("driver_id").rename({"f1db_driver_id": "driverId"}), "theirs": theirs,
        "results": with_differences(recorded_results, differences, theirs),
    }


def with_differences(results: pl.DataFrame, differences: pl.DataFrame, theirs: pl.DataFrame) -> pl.DataFrame:
    """silver/session_results with F1DB's value for each row of the differences, F1DB's own rows included."""
    session = pl.col("session").cast(SessionResults.create_empty().schema["session"])
    said = differences.with_columns(session, pl.col("what").cast(pl.String))
    entry = said.filter(what="entry")
    values = said.pivot("what", index=KEY, values="f1db").select(
        *KEY, is_start_f1db=pl.col("start") == "yes", position_f1db=pl.col("place").cast(pl.Int64),
        points_f1db=pl.col("points").cast(pl.Float64), constructor_id_f1db="car",
    )
    changed = ["is_start", "position", "points", "constructor_id"]
    assert set(said["what"]) - {"grid", "classified"} == {"entry", "start", "place", "points", "car"}, "one is not used"
    car = theirs.select(*KEY[:2], "driver_id", constructor_id=pl.format("only {}", "constructorId"))
    added = entry.filter(pl.col("silver").is_null()).join(car, on=["season", "round", "driver_id"]).select(
        *KEY, "constructor_id", is_start=pl.lit(value=True), is_pole=pl.lit(value=False), points=pl.lit(0.0)
    )
    known = (
        results.join(entry.filter(pl.col("f1db").is_null()), on=KEY, how="anti").join(values, on=KEY, how="left")
        .with_columns(pl.coalesce(f"{name}_f1db", name).alias(name) for name in changed)
    )  # fmt: skip
    return pl.concat([known, added], how="diagonal")


def by(key: pl.Expr, name: str, rows: pl.DataFrame) -> pl.LazyFrame:
    """Rows whose driver or constructor is one of a season: what careers count is of the season then."""
    return rows.with_columns(pl.format("{} {}", "season", key).alias(name)).lazy()


def unequal(ours: pl.DataFrame, theirs: pl.DataFrame, key: str, totals: dict[str, str]) -> list[tuple]:
    """Who has another total: of what, ours, theirs."""
    both = ours.fill_null(0).join(theirs, on=key)
    assert both.height > SHARE_WHO_RACED * theirs.height
    return [
        found
        for name, column in totals.items()
        for found in both.filter((pl.col(name) - pl.col(column)).abs() > POINTS_WITHIN)
        .select(key, pl.lit(name).alias("what"), name, column).rows()
    ]  # fmt: skip


def of_drivers(f1db: Frames, ours: Frames) -> pl.DataFrame:
    """F1DB's careers of the drivers whom the lake knows."""
    known = ours["ids"].select("driver_id", id="driverId").unique()
    return f1db["drivers"].join(known, on="id")


def test_every_drivers_career_is_f1dbs_but_for_the_differences(ours: Frames, f1db: Frames) -> None:
    theirs = of_drivers(f1db, ours)
    assert theirs.height > 800
    assert unequal(careers(ours["results"].lazy()).collect(), theirs, "driver_id", OF_DRIVERS) == []


def test_without_the_differences_they_are_unequal_where_it_is_known(
    ours: Frames, f1db: Frames, recorded_results: pl.DataFrame
) -> None:
    found = unequal(careers(recorded_results.lazy()).collect(), of_drivers(f1db, ours), "driver_id", OF_DRIVERS)
    assert ("michael_schumacher", "races", 307, 306) in found, "Britain 1999: he was in no restart"
    assert {who for who, what, *_ in found if what == "points"} == {"ascari", "behra", "fangio", "moss"}
    assert {what for _, what, *_ in found} == {"races", "points", "sprints"}
    assert sum(what == "races" for _, what, *_ in found) == 64


def test_every_drivers_season_is_f1dbs_but_for_the_differences(ours: Frames, f1db: Frames) -> None:
    known = ours["ids"].select("driverId", year=pl.col("season").cast(pl.Int64), who="driver_id")
    theirs = f1db["seasons-drivers"].join(known, on=["year", "driverId"]).with_columns(
        driver_id=pl.format("{} {}", "year", "who")
    )
    seasons = by(pl.col("driver_id"), "driver_id", ours["results"])
    assert unequal(careers(seasons).collect(), theirs, "driver_id", OF_DRIVERS) == []
    fastest = seasons.filter(pl.col("session") == "Race").group_by("driver_id").agg(
        fastest_laps=(pl.col("fastest_lap_rank") == 1).sum()
    )
    recent = theirs.filter(pl.col("year") >= FIRST_FASTEST_LAPS)
    assert recent["totalFastestLaps"].sum() > 400
    assert unequal(fastest.collect(), recent, "driver_id", FASTEST) == []


def test_every_teams_season_is_f1dbs_but_for_the_differences(ours: Frames, f1db: Frames) -> None:
    car, teams = ["season", "constructor_id"], together(ours["results"], ours["theirs"])
    rows = ours["results"].join(teams.select(*car, "team").unique(), on=car)
    seasons = histories(by(pl.col("team"), "constructor_id", rows)).collect()
    of_teams = teams.select("team", year=pl.col("season").cast(pl.Int64), constructorId="f1db").unique()
    theirs = (
        f1db["seasons-constructors"].join(of_teams, on=["year", "constructorId"])
        .group_by("year", "team").agg(pl.col(list(TOTALS.values())).sum(), constructors=pl.len())
        .with_columns(constructor_id=pl.format("{} {}", "year", "team"))
    )
    of_one = theirs.filter(constructors=1)
    assert of_one.height > 1000
    assert unequal(seasons, of_one, "constructor_id", TOTALS) == []
    assert unequal(seasons, theirs, "constructor_id", {w: t for w, t in TOTALS.items() if w != "races"}) == []


def together(results: pl.DataFrame, theirs: pl.DataFrame) -> pl.DataFrame:
    """[season, constructor_id, f1db, team]: which of ours and of F1DB's constructors are one team, numbered by season.

    The first source splits some by their engines, the second some by their owners.
    """
    pairs = theirs.join(results.filter(session="Race"), on=["season", "round", "driver_id"]).select(
        "season", "constructor_id", f1db="constructorId"
    ).unique(maintain_order=True)
    found = list[tuple]()
    for (season,), of_season in pairs.partition_by("season", as_dict=True).items():
        teams = list[set[tuple[str, str]]]()
        for pair in of_season.select("constructor_id", "f1db").rows():
            same = [team for team in teams if any(pair[0] == one or pair[1] == other for one, other in team)]
            teams = [*(team for team in teams if team not in same), {pair}.union(*same)]
        found += [(season, *pair, n) for n, team in enumerate(teams) for pair in team]
    schema = {"season": pl.Int32, "constructor_id": pl.String, "f1db": pl.String, "team": pl.Int32}
    return pl.DataFrame(found, schema, orient="row")
