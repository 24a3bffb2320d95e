"""docs/tables.md: the data dictionary is that of the contracts."""

from pathlib import Path

from f1lake.dictionary import markdown
from f1lake.runs import tables
from f1lake.storage.contract import CONTRACTS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "tables.md"


def test_the_data_dictionary_is_current() -> None:
    assert PAGE.read_text() == markdown(tables()), "write it again: f1lake tables --markdown > docs/tables.md"


def test_every_column_has_a_meaning() -> None:
    silent = [(t, name) for t in tables() for name, column in CONTRACTS[t].columns().items() if not column.description]
    assert silent == []
