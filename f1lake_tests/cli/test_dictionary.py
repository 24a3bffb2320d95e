"""docs/tables.md: the data dictionary is that of the contracts."""

from pathlib import Path

from f1lake.cli.dictionary import markdown
from f1lake.contracts import declared

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tables.md"


def test_the_data_dictionary_is_current() -> None:
    assert PAGE.read_text() == markdown(), "write it again: LC_ALL=C f1lake tables --markdown > docs/tables.md"


def test_every_column_has_a_meaning() -> None:
    silent = [
        (table, name) for table, contract in declared().items() for name, column in contract.columns().items()
        if not column.description
    ]
    assert silent == []
