"""`f1lake export`: reports and odds for tools that read neither Delta nor Python.

It writes one DuckDB file, whose tables, columns and views carry their meaning, and the same tables as parquet. This
module decides what is exported and defines the views; the meaning of a column comes from its contract.
"""

import inspect
import tempfile
from pathlib import Path
from typing import NamedTuple

import duckdb

from f1lake.contracts import declared
from f1lake.storage.lake import TableMissingError, read, version
from f1lake.storage.schemas import CONTRACTS, meaning

LAYERS = ("gold", "odds")
DATABASE = "f1lake.duckdb"

STORAGE = "v1.0.0"
"""The file is readable by every DuckDB since this version: BI tools bring their own, and each build of the Delta
extension fits one version."""


class View(NamedTuple):
    """A view of the DuckDB file: what it answers, the tables it reads, and its query."""

    meaning: str
    reads: tuple[str, ...]
    query: str


NEWEST_ROUND = "(season, round) = (SELECT (season, max(round)) FROM {0} GROUP BY season ORDER BY season DESC LIMIT 1)"
VIEWS = {
    "gold.driver_standings_now": View(
        "How does the drivers' championship stand after the newest round in the lake?",
        ("gold/driver_standings", "gold/driver_career"),
        "SELECT standings.*, name FROM gold.driver_standings standings JOIN gold.driver_career USING (driver_id) "
        f"WHERE {NEWEST_ROUND.format('gold.driver_standings')} ORDER BY position",
    ),
    "gold.constructor_standings_now": View(
        "How does the constructors' championship stand after the newest round in the lake?",
        ("gold/constructor_standings", "gold/constructor_career"),
        "SELECT standings.*, name FROM gold.constructor_standings standings "
        "JOIN gold.constructor_career USING (constructor_id) "
        f"WHERE {NEWEST_ROUND.format('gold.constructor_standings')} ORDER BY position",
    ),
    "gold.driver_titles": View(
        "Who won which drivers' championship? One row a season.",
        ("gold/driver_career",),
        "SELECT unnest(title_seasons) AS season, driver_id, name FROM gold.driver_career ORDER BY season",
    ),
    "gold.race_winners": View(
        "Who won which race? One row a race and winner: three wins were shared.",
        ("gold/race_report", "gold/driver_career"),
        "SELECT season, round, event_name, event_date, circuit_id, driver_id, name FROM "
        "(SELECT *, unnest(winner_ids) AS driver_id FROM gold.race_report) "
        "JOIN gold.driver_career USING (driver_id) ORDER BY season, round",
    ),
    "odds.title_odds_now": View(
        "Who wins the running title, by the newest odds in the lake?",
        ("odds/title_odds", "gold/driver_career"),
        "SELECT odds.*, name FROM odds.title_odds odds JOIN gold.driver_career USING (driver_id) "
        "WHERE as_of = (SELECT max(as_of) FROM odds.title_odds) ORDER BY probability DESC",
    ),
}


def export(to: Path) -> tuple[list[str], list[str]]:
    """Write the tables of gold and odds to a folder. Returns the names of the exported tables and of those not in the
    lake yet.

    The files are `<to>/f1lake.duckdb` and `<to>/<layer>/<table>.parquet`; each is replaced once it is complete. Raises
    `TableMissingError` if the lake has none of the tables.
    """
    tables = [name for name in declared() if name.startswith(LAYERS)]
    stored = [name for name in tables if version(name) is not None]
    if not stored:
        raise TableMissingError("no table of gold or odds is in the lake: `f1lake build` makes them")
    to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=to, prefix=".export-") as folder:
        made_in = Path(folder)
        for name in stored:
            (made_in / name).parent.mkdir(exist_ok=True)
            read(name).sink_parquet(made_in / f"{name}.parquet")
        with duckdb.connect() as connection:
            connection.execute(f"ATTACH {_literal(str(made_in / DATABASE))} AS made (STORAGE_VERSION '{STORAGE}')")
            connection.execute("USE made")
            for layer in LAYERS:
                connection.execute(f"CREATE SCHEMA {layer}")
            for name in stored:
                _create_table(connection, name, made_in / f"{name}.parquet")
            for name, view in VIEWS.items():
                if set(view.reads) <= set(stored):
                    connection.execute(f"CREATE VIEW {name} AS {view.query}")
                    connection.execute(f"COMMENT ON VIEW {name} IS {_literal(view.meaning)}")
                    _comment(connection, name, view.reads)
            connection.execute("USE memory")
            connection.execute("DETACH made")
        for name in (DATABASE, *(f"{name}.parquet" for name in stored)):
            (to / name).parent.mkdir(exist_ok=True)
            (made_in / name).replace(to / name)
    return stored, [name for name in tables if name not in stored]


def _create_table(connection: duckdb.DuckDBPyConnection, name: str, parquet: Path) -> None:
    """Create a table from its parquet file, with comments on the table and on the columns that the file has."""
    table = name.replace("/", ".")
    connection.execute(f"CREATE TABLE {table} AS FROM read_parquet({_literal(str(parquet))})")
    connection.execute(f"COMMENT ON TABLE {table} IS {_literal(inspect.getdoc(CONTRACTS[name]) or '')}")
    _comment(connection, table, (name,))


def _comment(connection: duckdb.DuckDBPyConnection, table: str, made_from: tuple[str, ...]) -> None:
    """Copy the comments of a column from the first of the source tables that has that column."""
    columns = {column: of for name in reversed(made_from) for column, of in CONTRACTS[name].columns().items()}
    for column in connection.sql(f"FROM {table}").columns:
        if column in columns:
            connection.execute(f'COMMENT ON COLUMN {table}."{column}" IS {_literal(meaning(columns[column]))}')


def _literal(text: str) -> str:
    """Quote a string for SQL statements that take no parameters."""
    return "'" + text.replace("'", "''") + "'"
