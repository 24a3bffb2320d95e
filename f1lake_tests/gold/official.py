"""The official standings after every round, and where ours differ from them: docs/standings-differences.md.

A reading of the recording of its own, so that the standings are not measured with the lake's ruler.
`python -m f1lake_tests.gold.official` writes the page again; a test holds it against the recording.
"""

import functools
import gzip
import json
from pathlib import Path
from typing import Any

import polars as pl

from f1lake.gold.constructor_standings import constructor_standings
from f1lake.gold.driver_standings import driver_standings
from f1lake.silver.championship import TIE_BREAK, championship
from f1lake.silver.scoring_rules import scoring_rules
from f1lake.silver.session_results import session_results
from f1lake_tests.silver import recorded

PAGE = Path(__file__).resolve().parents[2] / "docs" / "standings-differences.md"
LISTS = {"driver": "driverStandings", "constructor": "constructorStandings"}
ROUND = ["season", "round"]
NO_RULE = "equal by the rules: we share the place or go by all places, the source numbers on"
FOLLOWS = "follows from the other differences of this season"
POINTS_WHY = {
    ("driver", 1955): "two second and third places in shared cars: the source counts one of them, from round 2 on both",
    ("driver", 1956): "only the better of two shared cars scored: the source adds both in these rounds, later one",
    ("constructor", 1995): "fuel of Brazil: 10 and 6 points taken from the teams; the source leaves them",
    ("constructor", 2000): "the seal of Austria: 10 points taken from the team; the source leaves them",
    ("constructor", 2018): "a new entry from round 13 on: the old one's points were lost; the source carries them on",
    ("constructor", 2020): "15 points taken for round 2: the source takes them in round 1 already",
}
BEST_CAR = "only the best car counted, 8 points for a win to 1961, no fastest laps: the source adds all cars' points"
INDIANAPOLIS = "the Indianapolis 500 did not count: the source counts it"
POSITION_WHY = {
    1951: "a place in a shared car: the source does not count it in a tie",
    1954: "a place in a shared car: the source does not count it in a tie",
    1955: "places in shared cars: the source counts other ones of them in a tie",
    1983: "Brazil had no second place after a disqualification: the source counts one in the teams' tie",
}


@functools.cache
def official(recording: Path, whose: str) -> pl.DataFrame:
    """`season`, `round`, `id`, `points`, `position`, `wins` as the source has them after every round."""
    rows = [
        _row(race, row, row[whose.title()][f"{whose}Id"])
        for file in sorted(recording.glob("[0-9]*.json.gz"))
        for race in json.loads(gzip.decompress(file.read_bytes()))["races"]
        for row in race.get(LISTS[whose], [])
    ]
    schema = {"season": pl.Int32, "round": pl.Int32, "id": pl.String, "points": pl.Float64,
              "position": pl.Int32, "wins": pl.Int32}  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def compared(official: pl.DataFrame, ours: pl.DataFrame, whose: str) -> pl.DataFrame:
    """The official rows beside ours (`…_ours`; `known` where we have one), from the first title on."""
    ours = ours.rename({f"{whose}_id": "id"}).with_columns(known=pl.lit(value=True))
    first = 1950 if whose == "driver" else 1958
    return official.filter(pl.col("season") >= first).join(ours, on=[*ROUND, "id"], how="left", suffix="_ours")


def differences(compared: pl.DataFrame, state: pl.DataFrame, whose: str) -> pl.DataFrame:
    """Every difference of points (more than a hundredth) or position, each with its reason.

    `state` is the championship with the places of its tie-break.
    """
    undecided = _undecided(state)
    points = (pl.col("points") - pl.col("points_ours")).abs() > 0.0101
    position = pl.col("position").is_not_null() & pl.col("position").ne_missing(pl.col("position_ours"))
    missing = pl.col("known").is_null() & (pl.col("points") > 0)
    return (
        compared.filter(pl.col("known") | missing)
        .join(undecided, on=[*ROUND, "id"], how="left")
        .with_columns(points_differ=points.fill_null(value=True), position_differs=position)
        .with_columns(round_differs=pl.col("points_differ").any().over(ROUND))
        .filter(pl.col("points_differ") | pl.col("position_differs"))
        .with_columns(
            why=pl.when(pl.col("known").is_null()).then(pl.lit(INDIANAPOLIS))
            .when("points_differ").then(_points_why(whose))
            .when(pl.col("position").is_between("first_place", "last_place")).then(pl.lit(NO_RULE))
            .when("round_differs").then(pl.lit(FOLLOWS))
            .otherwise(pl.col("season").replace_strict(POSITION_WHY, default=None, return_dtype=pl.String))
        )
        .sort("season", "why", "id", "round")
    )


def page(recording: Path, frames: dict[str, tuple[pl.DataFrame, pl.DataFrame]]) -> str:
    """The page: for each championship counts, then a line for each season, reason and entrant."""
    text = ["# Where computed and official standings differ", "", INTRODUCTION, ""]
    for whose, (ours, state) in frames.items():
        both = compared(official(recording, whose), ours, whose)
        found = differences(both, state, whose)
        decided = found.filter(~pl.col("points_differ"), pl.col("why") != NO_RULE).height
        rounds, rows = both.select(pl.struct(ROUND).n_unique()).item(), both.filter(pl.col("known")).height
        of_points, differing = found.filter("points_differ"), found.filter(~pl.col("points_differ"))
        text += [
            f"## {whose.title()}s",
            "",
            f"{rows:,} rows after {rounds:,} rounds are in both. Points differ in {of_points.height:,}, in "
            f"{of_points.select(pl.struct(ROUND).n_unique()).item():,} rounds; the position alone in "
            f"{differing.height:,}, in {decided:,} of them where a rule decides.",
            "",
            "| Season | Who | Ours / official by round | Why |",
            "|---|---|---|---|",
        ]
        text += _lines(found)
        text.append("")
    return "\n".join(text)


INTRODUCTION = """Generated by `python -m f1lake_tests.gold.official` from the recorded source; a test keeps it so.

`R7: 10/12 p` reads: after round 7 we have 10 points, the source 12; `R7: 3./2.` is the position, where the points
agree. Entrants without points are left out where no rule decides (they are in the counts). A driver's row
that only the source has (entered, never in a race) has no points and is not compared."""


def _lines(found: pl.DataFrame) -> list[str]:
    cell = (
        pl.when("points_differ")
        .then(pl.format("R{}: {}/{} p", "round", _short("points_ours"), _short("points")))
        .otherwise(pl.format("R{}: {}./{}.", "round", "position_ours", "position"))
    )
    listed = (
        found.filter((pl.col("why") != NO_RULE) | (pl.col("points") > 0))
        .group_by("season", "why", "id", maintain_order=True).agg(cell.alias("cells"))
    )
    return [
        f"| {season} | {who} | {', '.join(cells)} | {why} |" for season, why, who, cells in listed.iter_rows()
    ]


def _short(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String).str.strip_suffix(".0").fill_null("none")


def _points_why(whose: str) -> pl.Expr:
    why = {season: reason for (of, season), reason in POINTS_WHY.items() if of == whose}
    if whose == "constructor":
        why |= dict.fromkeys(range(1958, 1979), BEST_CAR)
    return pl.col("season").replace_strict(why, default=None, return_dtype=pl.String)


def _undecided(state: pl.DataFrame) -> pl.DataFrame:
    """The places between which the rules do not decide: equal points and equal places among the classified.

    Those without points or a classified finish share the end of the table, whoever else is there.
    """
    decided = ["points", *(name for name in TIE_BREAK if name.startswith("classified"))]
    place = pl.struct(decided).rank("min", descending=True).over(ROUND)
    has_any = pl.any_horizontal(pl.col(decided) != 0)
    return (
        state.filter("is_race_day", ~pl.col("is_excluded"))
        .with_columns(first_place=place)
        .with_columns(equals=pl.len().over(*ROUND, "first_place"))
        .select(
            *ROUND, "id", "first_place",
            last_place=pl.when(has_any).then(pl.col("first_place") + pl.col("equals") - 1).otherwise(9999),
        )
    )


def _row(race: dict[str, Any], row: dict[str, Any], who: str) -> tuple[Any, ...]:
    position = int(row["position"]) if row.get("position") else None
    return int(race["season"]), int(race["round"]), who, float(row["points"]), position, int(row["wins"])


def frames(results: pl.DataFrame, rules: pl.DataFrame, made: Any) -> dict[str, tuple[pl.DataFrame, pl.DataFrame]]:
    """Our standings of each championship, and the state they are made of."""
    with_title = rules.lazy().filter("has_constructors_title")
    return {
        "driver": (
            made(driver_standings, results, rules),
            championship(results.lazy(), rules.lazy(), "driver", with_hindsight=True).collect(),
        ),
        "constructor": (
            made(constructor_standings, results, rules),
            championship(results.lazy(), with_title, "constructor", with_hindsight=True).collect(),
        ),
    }


def _write() -> None:
    recording = Path(__file__).resolve().parents[3] / "shared" / "upstream" / "recordings"

    def made(asset: Any, *inputs: pl.DataFrame) -> pl.DataFrame:
        return list(asset(*(frame.lazy() for frame in inputs)))[-1].value

    bronze = recorded.bronze(recording)
    results = made(session_results, bronze["session_results"], bronze["events"])
    PAGE.write_text(page(recording, frames(results, made(scoring_rules), made)))


if __name__ == "__main__":
    _write()
