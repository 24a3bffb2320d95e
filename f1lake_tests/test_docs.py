"""README, docs and CONTRIBUTING: both languages agree, every command exists, every snippet runs, the site builds."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from f1lake.cli.main import app
from f1lake.runs import definitions

ROOT = Path(__file__).resolve().parents[1]
TRANSLATED = {"README.md": "README.pt-BR.md"} | {
    f"docs/{page}.md": f"docs/pt/{page}.md" for page in ("tour", "queries", "reference", "sources")
}
PAGES = ["CONTRIBUTING.md", "docs/operations.md", "docs/published.md", *TRANSLATED, *TRANSLATED.values()]
EXAMPLES = {"DIR": "folder", "FILE": "prices.csv"}
"""What a reader puts in place of a word in capitals."""


def text(page: str) -> str:
    return (ROOT / page).read_text()


def shape(page: str) -> list[str]:
    """What must be equal in both languages: headings by level, tables by row, code, settings and commands in order."""
    marks = re.sub(r"```python\n.*?```|```graphql\n.*?```", "```code", text(page), flags=re.DOTALL)
    parts = r"^#+ |^\||^ *```\w*|^ *\$ .*|`F1LAKE_[A-Z_]+`|`f1lake [a-z-]+"
    return re.findall(parts, marks, flags=re.MULTILINE)


@pytest.mark.parametrize(("page", "translated"), TRANSLATED.items())
def test_both_languages_have_the_same_parts(page: str, translated: str) -> None:
    assert shape(page) == shape(translated)


@pytest.mark.parametrize("page", ["README.md", "README.pt-BR.md"])
def test_the_readme_is_read_in_one_sitting(page: str) -> None:
    assert text(page).count("\n") <= 150


def commands(page: str, program: str) -> list[str]:
    """The arguments of every mention of a program in code, as somebody would type them."""
    code = re.findall(r"`([^`\n]+)`", text(page)) + re.findall(r"^ *\$ (.+)$", text(page), flags=re.MULTILINE)
    parts = [part.strip() for line in code for part in re.split(r"&&|;|\|", line)]
    typed = [re.sub(r"^(?:[A-Z][A-Z0-9_]*=\S+ )+", "", part) for part in parts]
    named = [part.removeprefix(f"{program} ").partition(" > ")[0] for part in typed if part.startswith(f"{program} ")]
    return [re.sub(r"\b[A-Z]{3,}\b", lambda word: EXAMPLES.get(word[0], word[0]), part) for part in named]


def test_operations_names_every_check() -> None:
    names = {key.name for key in definitions().resolve_asset_graph().asset_check_keys}
    assert [name for name in sorted(names) if f"`{name}`" not in text("docs/operations.md")] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_command_on_a_page_exists_with_its_options(page: str) -> None:
    for typed in commands(page, "f1lake"):
        if "…" not in typed and not typed.startswith("-"):
            result = CliRunner().invoke(app, [*typed.split(), "--help"])
            assert result.exit_code == 0, f"f1lake {typed}: {result.output}"


@pytest.mark.parametrize("page", PAGES)
def test_every_target_on_a_page_is_made(page: str) -> None:
    for typed in commands(page, "make"):
        planned = subprocess.run(["make", "-n", *typed.split()], cwd=ROOT, capture_output=True, text=True)
        assert planned.returncode == 0, planned.stderr


def test_the_two_commands_of_the_readme_are_those_of_the_package() -> None:
    """`make demo` and `make up` run commands that tests of their own start (cli/test_demo.py, cli/test_up.py)."""
    for target in ("demo", "up"):
        dry = ["make", "-n", "--no-print-directory", target]
        planned = subprocess.run(dry, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert planned.rstrip().endswith(f".venv/bin/f1lake {target}")
        assert target in typer.main.get_command(app).commands  # pyright: ignore[reportAttributeAccessIssue]


def test_the_table_of_contributing_passes_as_it_stands(
    made: Callable[..., pl.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    definitions()  # every other table is declared
    asset, test = (re.sub(r"^   ", "", block, flags=re.MULTILINE) for block in
                   re.findall(r"```python\n(.*?)```", text("CONTRIBUTING.md"), flags=re.DOTALL))  # fmt: skip
    module = ModuleType("f1lake.gold.podiums")
    names: dict[str, Any] = {"__name__": "f1lake_tests.podiums"}  # so that the fixture takes its contract away again
    exec(asset, names)
    module.__dict__.update(names)
    monkeypatch.setitem(sys.modules, "f1lake.gold.podiums", module)
    tests: dict[str, Any] = {}
    exec(test, tests)
    (run,) = [value for name, value in tests.items() if name.startswith("test_")]
    run(made)
    for file, code in (("f1lake/gold/podiums.py", asset), ("f1lake_tests/gold/test_podiums.py", test)):
        ruff = [sys.executable, "-m", "ruff", "check", "--stdin-filename", file, "-"]
        checked = subprocess.run(ruff, cwd=ROOT, input=code, capture_output=True, text=True)
        assert checked.returncode == 0, checked.stdout


def test_the_site_builds_strictly(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert built.returncode == 0, built.stderr
    assert (tmp_path / "tables" / "gold" / "index.html").is_file()
    assert (tmp_path / "decisions" / "index.html").is_file()


def test_prose_has_no_complaints() -> None:
    for module in ("codespell_lib", "f1lake_tests.prose"):
        checked = subprocess.run([sys.executable, "-m", module], cwd=ROOT, capture_output=True, text=True, timeout=120)
        assert checked.returncode == 0, checked.stdout
