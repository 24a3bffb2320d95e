"""`f1lake export` and the queries of the docs: gold and odds as other tools read them."""

import datetime as dt
import re
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner

from f1lake.cli.main import app
from f1lake.export import VIEWS, export
from f1lake.gold.constructor_career import ConstructorCareer
from f1lake.gold.constructor_standings import ConstructorStandings
from f1lake.gold.driver_career import DriverCareer
from f1lake.gold.driver_standings import DriverStandings
from f1lake.gold.race_report import RaceReport
from f1lake.odds.title_odds import TitleOdds
from f1lake.runs import definitions
from f1lake.storage.delta_io import DeltaIOManager
from f1lake.storage.lake import TableMissingError
from f1lake.storage.schemas import CONTRACTS, meaning
from f1lake_tests.silver.small import frame

ROOT = Path(__file__).resolve().parents[1]
STANDINGS = [
    {"season": season, "round": round_, "driver_id": driver, "constructor_id": "ferrari", "position": place,
     "points": 10.0 * round_ / place, "points_gap": 0.0, "points_dropped": 0.0, "wins": round_ * (place == 1)}
    for season, first, second in [(1951, "fangio", "ascari"), (1952, "ascari", "fangio")]
    for round_ in (1, 2)
    for place, driver in [(1, first if round_ == 2 else second), (2, second if round_ == 2 else first)]
]  # fmt: skip


@pytest.fixture
def reports(lake: Path) -> Path:
    """A lake with two seasons of two drivers: some tables of gold, odds, and none of the others."""
    definitions()  # every table's contract
    manager = DeltaIOManager()
    teams = [row | {"constructor_id": row["driver_id"]} for row in STANDINGS]
    careers = [
        {"driver_id": driver, "name": driver.title(), "title_seasons": [season]}
        for driver, season in [("fangio", 1951), ("ascari", 1952)]
    ]
    owners = [{"constructor_id": row["driver_id"], "name": row["name"]} for row in careers]
    race = {"season": 1951, "round": 1, "event_name": "French Grand Prix", "circuit_id": "reims",
            "event_date": dt.date(1951, 7, 1), "winner_ids": ["ascari", "fangio"]}  # fmt: skip
    odds = [
        {"season": 1952, "as_of": dt.date(1952, 6, day), "driver_id": driver, "model_version": "1", "probability": p,
         "made_at": dt.datetime(1952, 6, 9, tzinfo=dt.UTC)}
        for day in (1, 8) for driver, p in [("fangio", 0.1), ("ascari", 0.9)]
    ]  # fmt: skip
    for name, rows, by_season in [
        ("gold/driver_standings", frame(DriverStandings, STANDINGS), True),
        ("gold/constructor_standings", frame(ConstructorStandings, teams), True),
        ("gold/driver_career", frame(DriverCareer, careers), False),
        ("gold/constructor_career", frame(ConstructorCareer, owners), False),
        ("gold/race_report", frame(RaceReport, [race]), True),
        ("odds/title_odds", frame(TitleOdds, odds), True),
    ]:
        manager.write(name, rows, sorted(set(rows["season"])) if by_season else None)
    return lake


def test_tables_and_columns_of_the_duckdb_file_say_what_they_mean(reports: Path, tmp_path: Path) -> None:
    stored, missing = export(tmp_path / "out")
    assert {"gold/driver_standings", "odds/title_odds"} <= set(stored)
    assert "gold/title_fights" in missing
    head = (tmp_path / "out" / "f1lake.duckdb").read_bytes()[:20]
    assert (head[8:12], int.from_bytes(head[12:], "little")) == (b"DUCK", 64), "the format of DuckDB 1.0"
    with duckdb.connect(tmp_path / "out" / "f1lake.duckdb", read_only=True) as connection:
        for name in stored:
            layer, _, table = name.partition("/")
            told = connection.execute(
                "SELECT column_name, comment FROM duckdb_columns() WHERE schema_name = ? AND table_name = ?",
                [layer, table],
            ).fetchall()
            assert dict(told) == {column: meaning(of) for column, of in CONTRACTS[name].columns().items()}
        silent = "SELECT count(*) FROM duckdb_tables() WHERE comment IS NULL OR comment = ''"
        assert connection.execute(silent).fetchone() == (0,)
        views = "SELECT schema_name || '.' || view_name, comment FROM duckdb_views() WHERE NOT internal"
        assert dict(connection.execute(views).fetchall()) == {name: view.meaning for name, view in VIEWS.items()}
        silent = "SELECT table_name, column_name FROM duckdb_columns() WHERE comment IS NULL AND NOT internal"
        assert connection.execute(silent).fetchall() == [("driver_titles", "season")], "a column of none of its tables"


@pytest.mark.parametrize(
    ("view", "columns", "rows"),
    [
        ("gold.driver_standings_now", "season, round, name, points",
         [(1952, 2, "Ascari", 20), (1952, 2, "Fangio", 10)]),
        ("gold.constructor_standings_now", "name, points", [("Ascari", 20), ("Fangio", 10)]),
        ("gold.driver_titles", "season, name", [(1951, "Fangio"), (1952, "Ascari")]),
        ("gold.race_winners", "season, event_name, name",
         [(1951, "French Grand Prix", "Ascari"), (1951, "French Grand Prix", "Fangio")]),
        ("odds.title_odds_now", "as_of, name, probability",
         [(dt.date(1952, 6, 8), "Ascari", 0.9), (dt.date(1952, 6, 8), "Fangio", 0.1)]),
    ],
)  # fmt: skip
def test_a_view_answers_its_question(
    reports: Path, tmp_path: Path, view: str, columns: str, rows: list[tuple[Any, ...]]
) -> None:
    export(tmp_path / "out")
    with duckdb.connect(tmp_path / "out" / "f1lake.duckdb", read_only=True) as connection:
        found = connection.execute(f"SELECT {columns} FROM {view}").fetchall()
    assert (found if view.endswith("_now") else sorted(found)) == rows


def test_parquet_holds_the_rows_of_the_table_and_a_second_export_replaces_the_first(
    reports: Path, tmp_path: Path
) -> None:
    export(tmp_path / "out")
    later = frame(DriverStandings, [row | {"season": 1953} for row in STANDINGS[:2]])
    DeltaIOManager().write("gold/driver_standings", later, [1953])
    export(tmp_path / "out")
    rows = pl.read_parquet(tmp_path / "out" / "gold" / "driver_standings.parquet")
    assert sorted(set(rows["season"])) == [1951, 1952, 1953]
    assert rows.columns == DriverStandings.column_names()
    assert not list((tmp_path / "out").glob(".export-*"))


def test_a_table_made_before_its_newest_column_is_exported_as_it_is(lake: Path, tmp_path: Path) -> None:
    definitions()
    earlier = frame(DriverCareer, [{"driver_id": "fangio", "title_seasons": [1951]}]).drop("podiums")
    DeltaIOManager().write("gold/driver_career", earlier, None)
    assert export(tmp_path / "out")[0] == ["gold/driver_career"]
    with duckdb.connect(tmp_path / "out" / "f1lake.duckdb", read_only=True) as connection:
        assert connection.sql("SELECT driver_id FROM gold.driver_career").fetchall() == [("fangio",)]


def test_an_empty_lake_says_what_to_do_and_writes_nothing(lake: Path, tmp_path: Path) -> None:
    with pytest.raises(TableMissingError, match="f1lake build"):
        export(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_command_names_what_it_wrote_and_what_is_missing(reports: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["export", "--to", str(tmp_path / "out")], env={"COLUMNS": "1000"})
    assert result.exit_code == 0, result.output
    assert "gold/driver_standings" in result.output
    assert re.search(r"not in the lake yet: .*gold/title_fights", " ".join(result.output.split()))


@pytest.mark.parametrize(
    ("page", "section"),
    [("docs/queries.md", "## Read it with other tools"), ("docs/pt/queries.md", "## Leia com outras ferramentas")],
)
def test_the_queries_of_the_docs_agree(
    page: str, section: str, reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As they stand there, on this lake: who led after the last round of each season."""
    pytest.importorskip("duckdb_ext")
    text = (ROOT / page).read_text().partition(section)[2].partition("\n## ")[0]
    blocks = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    assert len(blocks) == 4, "polars, pandas, DuckDB, and DuckDB on the exported file"
    monkeypatch.chdir(tmp_path)
    export(Path("export"))
    told: dict[str, Any] = {}
    for block in blocks:
        exec(block.replace("lake-demo/", f"{reports}/"), told)
    expected = [(1951, "fangio"), (1952, "ascari")]
    assert told["with_polars"].select("season", "driver_id").rows() == expected
    assert list(told["with_pandas"][["season", "driver_id"]].itertuples(index=False, name=None)) == expected
    assert told["with_duckdb"] == expected
    assert [row[0] for row in told["now"]] == ["Ascari", "Fangio"]
