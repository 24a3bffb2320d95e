"""What the command says in Portuguese: all that it says of itself and of the tables, and only where it is asked to."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from f1lake.cli import portuguese
from f1lake.cli.dictionary import markdown, meaning_of
from f1lake.cli.main import app
from f1lake.contracts import declared

BOOK = tomllib.loads((Path(portuguese.__file__).parent / "portuguese.toml").read_text())


@pytest.fixture
def in_portuguese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "pt_BR.UTF-8")


def commands(command: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """A command and those under it, with their names."""
    yield path, command
    for name, subcommand in getattr(command, "commands", {}).items():
        yield from commands(subcommand, f"{path} {name}".strip())


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({"LANG": "pt_BR.UTF-8"}, True), ({"LANG": "pt_PT.UTF-8", "LC_ALL": "C.UTF-8"}, False),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "pt_BR.UTF-8"}, True), ({}, False), ({"LANG": "C.UTF-8"}, False),
    ],
)
def test_the_language_is_that_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], wanted: bool
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert portuguese.is_wanted() == wanted


def test_every_text_of_the_help_has_its_portuguese() -> None:
    every = dict(commands(typer.main.get_command(app)))
    options = {getattr(parameter, "help", None) for command in every.values() for parameter in command.params} - {None}
    missing = set(every) - set(BOOK["commands"]), options - set(BOOK["options"])
    assert missing == (set(), set()), "write them into f1lake/cli/portuguese.toml"
    assert set(BOOK["commands"]) <= set(every)


def test_every_table_and_column_has_its_portuguese(in_portuguese: None) -> None:
    tables = {name for name in declared() if name not in BOOK["tables"]}
    english = {
        column.description for contract in declared().values() for column in contract.columns().values()
        if column.description and portuguese.meaning(column.description) == column.description
    }
    same = {"latitude", "longitude", *(text for text, told in BOOK["columns"].items() if text == told)}
    assert (tables, english - same) == (set(), set()), "write them into f1lake/cli/portuguese.toml"


SAME = {"log loss", "Brier", "90 %"}


def test_every_head_of_a_table_has_its_portuguese(in_portuguese: None) -> None:
    heads = {
        head for file in Path(portuguese.__file__).parent.glob("*.py")
        for call in re.findall(r"\btable\(\s*((?:\"[^\"]+\",?\s*)+)", file.read_text())
        for head in re.findall(r"\"([^\"]+)\"", call)
    }
    assert len(heads) > 20
    assert {head for head in heads - SAME if portuguese.said(head) == head} == set()


def test_no_portuguese_stands_for_what_is_gone() -> None:
    used = {column.description for contract in declared().values() for column in contract.columns().values()}
    assert {text for text in BOOK["columns"] if text not in used} == set()
    assert set(BOOK["tables"]) - set(declared()) == set()


def test_what_stands_in_code_stays_in_the_portuguese() -> None:
    for english, told in {**BOOK["columns"], **BOOK["options"]}.items():
        marked = re.findall(r"`([a-z_]+/?[a-z_.]*)`", english)
        assert all(f"`{word}`" in told for word in marked), english


def test_a_generated_meaning_is_put_together(in_portuguese: None) -> None:
    column = declared()["silver/driver_features"].columns()["avg_grid_race_last_20"]
    assert meaning_of(column) == (
        "posição média no grid, sem as largadas que não têm uma: corridas, últimas 20 etapas realizadas [posições]"
    )


def test_the_dictionary_is_in_portuguese(in_portuguese: None) -> None:
    page = markdown()
    assert "| **season** | Int32 |  | ano do campeonato |" in page
    assert "Fonte: corridas da Jolpica (Ergast)" in page


def test_the_help_is_in_portuguese() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "from f1lake.cli.main import app; app()", "odds", "--help"],
        env=os.environ | {"LC_ALL": "pt_BR.UTF-8", "COLUMNS": "200"}, capture_output=True, text=True, check=True,
        timeout=60,
    ).stdout
    assert "Calcula as chances, publica as das decisões abertas" in told
    assert "Opções" in told
    assert "última temporada" in told
