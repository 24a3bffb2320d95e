"""How far the invented world is from the real one: the same figures of two recordings, side by side.

Writes docs/invented-world.md where a recording of the real history is at hand, else prints the invented figures only.
"""

import gzip
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import polars as pl

from f1lake.invent.recording import invent

SEASONS, SEEDS = 30, (7, 8, 9)
ERAS = {"1997-2005": range(1997, 2006), "2006-2013": range(2006, 2014), "2014-2021": range(2014, 2022),
        "2022-2026": range(2022, 2027)}
REAL = (os.environ.get("F1LAKE_UPSTREAM"), "recordings", "../shared/upstream/recordings")
BEGIN, END = "<!-- benchmarks/invented_world.py -->", "<!-- end -->"
PAGE = Path(__file__).resolve().parents[1] / "docs" / "invented-world.md"
DRIVER = ["season", "driver"]
SCHEMA = {
    "season": pl.Int32, "round": pl.Int32, "session": pl.String, "driver": pl.String, "team": pl.String,
    "position": pl.Int32, "grid": pl.Int32, "points": pl.Float64, "status": pl.String, "best_s": pl.Float64,
}
CHAMPION_TEAM = {"season": pl.Int32, "driver": pl.String, "team": pl.String}


def rows(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A recording's races and qualifyings from 1997, and the champions of its finished seasons."""
    found: list[tuple[Any, ...]] = []
    champions: list[tuple[int, str, str]] = []
    for season in range(1997, 2027):
        races = json.loads(gzip.decompress((folder / f"{season}.json.gz").read_bytes()))["races"]
        for race in races:
            for session, name in (("results", "Race"), ("qualifying", "Qualifying")):
                for row in race.get(session, []):
                    found.append((
                        season, int(race["round"]), name, row["Driver"]["driverId"],
                        row["Constructor"]["constructorId"], int(row["position"]), int(row.get("grid", 0)),
                        float(row.get("points", 0)), row.get("positionText"), best_of(row),
                    ))
        if "driverStandings" in races[-1]:
            first, team = races[-1]["driverStandings"][0], races[-1]["constructorStandings"][0]
            champions.append((season, first["Driver"]["driverId"], team["Constructor"]["constructorId"]))
    return pl.DataFrame(found, SCHEMA, orient="row"), pl.DataFrame(champions, CHAMPION_TEAM, orient="row")


def best_of(row: dict[str, Any]) -> float | None:
    """The best lap of a qualifying row, in seconds."""
    laps = [part.partition(":") for part in (row.get(q) for q in ("Q1", "Q2", "Q3")) if part and ":" in part]
    return min((60 * float(minutes) + float(seconds) for minutes, _, seconds in laps), default=None)


def figures(everything: pl.DataFrame, champions: pl.DataFrame, seasons: range) -> dict[str, float]:
    """The figures of some seasons, in the units that their names say."""
    of_era = everything.filter(pl.col("season").is_in(list(seasons)))
    finished = champions.filter(pl.col("season").is_in(list(seasons)))
    races = of_era.filter(pl.col("session") == "Race", ~pl.col("status").is_in(["W", "F"]))
    classified = races.filter(pl.col("status").str.contains(r"^\d+$"))
    wins = races.filter(pl.col("position") == 1)
    totals = (
        races.join(finished.select("season"), on="season", how="semi").group_by(DRIVER)
        .agg(points=pl.col("points").sum(), wins=(pl.col("position") == 1).sum())
        .with_columns(
            place=pl.col("points").rank("ordinal", descending=True).over("season"),
            share=100 * pl.col("points") / pl.col("points").sum().over("season"),
            wins=100 * pl.col("wins") / pl.col("wins").sum().over("season"),
        )
    )
    first, second, third = (totals.filter(place=place) for place in (1, 2, 3))
    seats = races.group_by("season", "driver").agg(team=pl.col("team").first(), races=pl.len())
    before = everything.filter(session="Race").group_by("season", "driver").agg(before=pl.col("team").last())
    moved = seats.join(before.with_columns(pl.col("season") + 1), on=DRIVER)
    debut = everything.filter(session="Race").group_by("driver").agg(debut=pl.col("season").min())
    rookies = seats.join(debut, on="driver").filter(pl.col("season") == pl.col("debut"), pl.col("season") > 1997)
    last_years = champions.select(pl.col("season") + 1, "driver", "team")
    again = finished.join(last_years, on="season", suffix="_before")
    drives = finished.join(seats.select("season", "driver", drove="team"), on=DRIVER)
    by_grid = (
        classified.with_columns(grid=pl.col("grid").replace(0, 99))
        .group_by("season", "round").agg(rho=pl.corr("grid", "position", method="spearman"))
    )
    return {
        "races a season": races.select("season", "round").n_unique() / races["season"].n_unique(),
        "starters a race": races.height / races.select("season", "round").n_unique(),
        "drivers a season": seats.height / seats["season"].n_unique(),
        "newcomers a season": rookies.height / max(1, len(set(seats["season"]) - {1997})),
        "drivers with another team than the year before, %": 100 * (moved["team"] != moved["before"]).mean(),
        "not classified, % of starts": 100 * (1 - classified.height / races.height),
        "won from pole, %": 100 * (wins["grid"] == 1).mean(),
        "won from the first three places, %": 100 * wins["grid"].is_between(1, 3).mean(),
        "rank correlation of grid and finish": by_grid["rho"].mean(),
        "points of the champion, % of all given": first["share"].mean(),
        "points of the second, % of the champion's": 100 * (second["points"].sum() / first["points"].sum()),
        "points of the third, % of the champion's": 100 * (third["points"].sum() / first["points"].sum()),
        "races won by the champion, %": first["wins"].mean(),
        "winners a season": wins.group_by("season").agg(pl.col("driver").n_unique())["driver"].mean(),
        "champion in the champion team's car, %": 100 * (drives["team"] == drives["drove"]).mean(),
        "champion again, %": 100 * (again["driver"] == again["driver_before"]).mean(),
        "champion team again, %": 100 * (again["team"] == again["team_before"]).mean(),
        **qualifying_gaps(of_era.filter(pl.col("session") == "Qualifying").drop_nulls("best_s")),
    }


def qualifying_gaps(laps: pl.DataFrame) -> dict[str, float]:
    """How far the field lies apart in qualifying, in percent of the pole, and team mates from each other."""
    of_session = laps.with_columns(pole=pl.col("best_s").min().over("season", "round")).with_columns(
        gap=100 * (pl.col("best_s") / pl.col("pole") - 1)
    )
    cars = of_session.group_by("season", "round", "team").agg(gap=pl.col("gap").min())
    ordered = cars.with_columns(place=pl.col("gap").rank("ordinal").over("season", "round"))
    pairs = of_session.join(of_session, on=["season", "round", "team"], suffix="_mate").filter(
        pl.col("driver") < pl.col("driver_mate")
    )
    duels = pairs.group_by("season", "driver", "driver_mate").agg(
        duels=pl.len(), won=(pl.col("gap") < pl.col("gap_mate")).mean(),
        apart=(pl.col("gap") - pl.col("gap_mate")).median(),
    ).filter(pl.col("duels") >= 8)
    better = duels.select(pl.max_horizontal("won", 1 - pl.col("won"))).mean().item()
    return {
        "second fastest car behind the fastest, median %": ordered.filter(place=2)["gap"].median(),
        "fifth fastest car, median %": ordered.filter(place=5)["gap"].median(),
        "slowest car, median %": ordered.group_by("season", "round").agg(pl.col("gap").max())["gap"].median(),
        "team mates apart in a season, median %": duels["apart"].abs().median(),
        "duels won by the better team mate, %": 100 * better,
    }


def table(figures_of: dict[str, list[dict[str, float]]]) -> str:
    """Markdown: a row a figure, a column an era and world."""
    heads = [f"{era} {world}" for era in ERAS for world in figures_of]
    lines = ["| | " + " | ".join(heads) + " |", "|---|" + "--:|" * len(heads)]
    for name in next(iter(figures_of.values()))[0]:
        values = [of_era[name] for per_era in zip(*figures_of.values(), strict=True) for of_era in per_era]
        cells = [f"{value:.2f}" if value < 10 else f"{value:.1f}" for value in values]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Print the table, and put it into the page where both worlds are at hand."""
    worlds = []
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as folder:
            invent(Path(folder), SEASONS, seed)
            found = rows(Path(folder))
            worlds.append([figures(*found, seasons) for seasons in ERAS.values()])
    invented = [
        {name: sum(world[i][name] for world in worlds) / len(worlds) for name in worlds[0][i]} for i in range(len(ERAS))
    ]
    real = next((Path(folder) for folder in REAL if folder and (Path(folder) / "1997.json.gz").is_file()), None)
    if real is None:
        print("no recording of the real history here: the invented figures only")
        print(table({"invented": invented}))
        return
    recorded = rows(real)
    both = table({"real": [figures(*recorded, seasons) for seasons in ERAS.values()], "invented": invented})
    print(both)
    text = PAGE.read_text()
    before, _, rest = text.partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{both}\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    main()
