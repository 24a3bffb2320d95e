"""What the command says in Portuguese: all that it says of itself and of the tables, and only where it is asked to."""

import ast
import functools
import os
import pickle
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import f1lake
from f1lake.abt.race_abt import STAGES
from f1lake.automation.due.outstanding import SINCE_DUMP
from f1lake.cli import portuguese
from f1lake.cli.dictionary import markdown, meaning_of
from f1lake.cli.doctor import RAW_TABLES, TABLES
from f1lake.cli.main import app
from f1lake.cli.published import HEADLINES
from f1lake.cli.screen import pages, progress_bars
from f1lake.contracts import declared
from f1lake.failures import UsageError
from f1lake.odds.csv_rows import InvalidRowsError
from f1lake.odds.published import AFTER_RACE, AFTER_SPRINT, BEFORE_SEASON
from f1lake.storage.trust import PROBLEMS
from f1lake.upstream.pages import CONSTRUCTOR_STANDINGS, LAPS, PIT_STOPS, SCHEDULE, STANDINGS, described
from f1lake.upstream.progress import report

LISTINGS = ("Race", "Sprint", "Qualifying", SCHEDULE, PIT_STOPS, LAPS, STANDINGS, CONSTRUCTOR_STANDINGS)
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


PACKAGE = Path(f1lake.__file__).parent
SPEAKS = {"said": (0,), "say": (0,), "Finding": (0, 2), "Problem": (0, 1), "Awaited": (0,), "table": range(20)}
"""Who says a text of the command, and which of the arguments are such texts."""
BESIDE = ("trust.py", "status.py")
"""Modules beside the command's whose texts it says."""
SAME = {"log loss", "Brier", "90 %", "", *RAW_TABLES, *TABLES}
OF_DATA = {
    *HEADLINES, *STAGES, BEFORE_SEASON, AFTER_SPRINT, AFTER_RACE, "missed", "published", "constructor", "driver",
    *SINCE_DUMP, "schedules", *(described(name).partition(" of ")[0] for name in LISTINGS), "MiB", "all seasons",
    "Race", "Sprint", "Qualifying",
    "season", "round", "the bulk dump", "the list of dumps", "the archive", "the archive of", "the newest release",
    "whole_history", "refresh", "build", "train", "odds",
    "day", "the next of the hour's requests", "the service, of which too much is asked",
    *(text for problem in PROBLEMS.values() for text in problem), "{host} answers {why}", "ask who runs it",
}
"""What is said of values of tables, of what is collected, of jobs, and of an S3 service."""
OF_A_RUN = {"UpstreamError", "RunFailedError", "PredictionsError", "InputMissingError", "StaleFitError"}
"""Errors in a run: the Dagster UI shows them as well."""
NOT_OURS = {"SettingsError"}
"""What pydantic says."""
TREES = {path: ast.parse(path.read_text()) for path in sorted(PACKAGE.rglob("*.py"))}


def name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def explained_errors() -> set[str]:
    """The names of the errors of our own whose message a command may show, but those of a run."""
    bases = {
        node.name: {*map(name_of, node.bases)} for tree in TREES.values() for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    found, size = {"ExplainedError"}, 0
    while len(found) > size:
        size = len(found)
        found |= {name for name, of in bases.items() if of & found and name not in OF_A_RUN | NOT_OURS}
    return found


@functools.cache
def spoken() -> list[tuple[str, ast.expr]]:
    """Every expression that the command says: where it stands, and what it is; a variable is what is assigned to it."""
    found = []
    errors = explained_errors()
    for path, tree in TREES.items():
        assigned: dict[str, list[ast.expr]] = {}
        for node in (node for node in ast.walk(tree) if isinstance(node, ast.Assign)):
            target, value = node.targets[0], node.value
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                for name, of_name in zip(target.elts, value.elts, strict=True):
                    assigned.setdefault(name_of(name), []).append(of_name)
            else:
                assigned.setdefault(name_of(target), []).append(value)
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name, is_of_command = name_of(node.func), "cli" in path.parts or path.name in BESIDE
            places = SPEAKS.get(name, ()) if is_of_command else ()
            for argument in [node.args[i] for i in places if i < len(node.args)] + node.args[:1] * (name in errors):
                inner = argument.value if isinstance(argument, ast.Starred) else argument
                for text in assigned.get(inner.id, [inner]) if isinstance(inner, ast.Name) else [inner]:
                    found.append((f"{path.relative_to(PACKAGE)}:{node.lineno}", text))
    return found


def texts_in(said: ast.expr) -> set[str]:
    """The texts among which an expression chooses; none in what a call returns, which says its own."""
    if isinstance(said, ast.IfExp):
        return texts_in(said.body) | texts_in(said.orelse)
    if isinstance(said, ast.Tuple):
        return set().union(*map(texts_in, said.elts))
    return {said.value} if isinstance(said, ast.Constant) and isinstance(said.value, str) else set()


def test_every_message_has_its_portuguese_and_no_portuguese_stands_for_what_is_gone() -> None:
    said = OF_DATA.union(*(texts_in(text) for _, text in spoken())) - SAME
    assert len(said) > 180
    assert (said - set(BOOK["messages"]), set(BOOK["messages"]) - said) == (set(), set())


def test_a_message_keeps_its_values_apart_from_its_text() -> None:
    """A text put together in the code cannot be found in the book."""
    odd = {where for where, text in spoken() if isinstance(text, ast.JoinedStr | ast.BinOp)}
    for path, tree in TREES.items():
        printed = (n for n in ast.walk(tree) if isinstance(n, ast.Call) and ast.unparse(n.func) == "console.print")
        odd |= {
            f"{path.relative_to(PACKAGE)}:{call.lineno}" for call in printed
            if isinstance(call.args[0], ast.Constant | ast.JoinedStr)
        }
    assert odd == set()


def test_a_message_has_the_same_places_in_both_languages() -> None:
    for english, told in BOOK["messages"].items():
        places = [sorted(re.findall(r"\{[^}]*\}", text)) for text in (english, told)]
        assert places[0] == places[1], english


def test_an_error_is_said_in_portuguese_with_the_error_that_it_names(in_portuguese: None) -> None:
    why = InvalidRowsError("decimal odds are above 1, not {odds}", odds="0.5")
    line = InvalidRowsError("line {line}: {why}", line=3, why=why)
    assert portuguese.told(line) == "linha 3: odds decimais são maiores que 1, não 0.5"
    assert str(line) == "line 3: decimal odds are above 1, not 0.5"
    assert str(pickle.loads(pickle.dumps(line))) == str(line)
    assert portuguese.told(UsageError("{braces} of a text without values")) == "{braces} of a text without values"


def test_the_command_answers_in_portuguese(in_portuguese: None, lake: Path) -> None:
    told = CliRunner().invoke(app, ["tables", "silver/nothing"], env={"COLUMNS": "200"}).output
    assert "não há tabela 'silver/nothing': `f1lake tables` lista todas" in told
    assert "não há lake em" in CliRunner().invoke(app, ["build"], env={"COLUMNS": "200"}).output


@pytest.mark.parametrize(
    ("read", "shown"),
    [
        ("Race results of all seasons", "resultados das corridas: todas as temporadas"),
        ("pit stops of season 2024, round 3", "paradas: temporada 2024, etapa 3"),
        ("MiB of the bulk dump, the archive", "MiB: dump completo, arquivo"),
        ("MiB of F1DB, the archive of v2026.9.1", "MiB: F1DB, arquivo v2026.9.1"),
    ],
)
def test_a_progress_bar_says_in_portuguese_what_is_read(in_portuguese: None, read: str, shown: str) -> None:
    with progress_bars() as progress, pages(progress):
        report(read, 1, 2)
        assert [task.description for task in progress.tasks] == [shown]


def test_numbers_have_the_signs_of_the_language(in_portuguese: None) -> None:
    assert (portuguese.percent(0.4938), portuguese.figure(1.3849, 3), portuguese.figure(27380)) == (
        "49,4%", "1,385", "27.380",
    )


def test_no_portuguese_stands_for_what_is_gone() -> None:
    used = {column.description for contract in declared().values() for column in contract.columns().values()}
    assert {text for text in BOOK["columns"] if text not in used} == set()
    assert set(BOOK["tables"]) - set(declared()) == set()


def test_what_stands_in_code_stays_in_the_portuguese() -> None:
    for english, told in {**BOOK["columns"], **BOOK["options"], **BOOK["messages"]}.items():
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
