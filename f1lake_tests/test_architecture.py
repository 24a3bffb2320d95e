"""The rules of the code base that no single module can keep: who imports whom, who may do what."""

import ast
import functools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import f1lake

PACKAGE = Path(f1lake.__file__).parent
ORDER = [
    "imports", "failures", "settings", "clock", "partitions", "storage", "upstream", "raw", "bronze", "silver", "gold",
    "abt", "model", "odds", "contracts", "export", "automation", "app", "presentation", "definitions", "home", "runs",
    "invent", "workers", "cli", "code_server",
]
"""A module imports from its own folder and from those before it, never from one after it."""

ONLY_IN = {
    "fastf1": ("upstream/", "silver/constructors.py"),
    "mlflow": ("model/registry/store.py",),
    "gradio": ("app/lean_gradio.py",),
    "duckdb": ("export.py",),
    "celery": ("workers.py",),
    "dagster_celery": ("workers.py",),
}
ASKS_FOR_THE_TIME = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"}
SAYS_NOTHING = {"utils", "util", "helpers", "helper", "misc", "common"}
LONGEST = 300

MODULES = {path.relative_to(PACKAGE).as_posix(): path for path in sorted(PACKAGE.rglob("*.py"))}
each_module = pytest.mark.parametrize("module", MODULES)


@functools.cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(), module)


def imported(module: str) -> Iterator[str]:
    """The full names of what a module imports, wherever in it: `f1lake.storage.lake`, `polars`."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno} imports relatively"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def folder(module: str) -> str:
    return module.partition("/")[0].removesuffix(".py")


@each_module
def test_imports_flow_down_the_list_of_folders(module) -> None:
    here = folder(module)
    if here == "__init__":
        return
    assert here in ORDER, f"{here} has no place in the flow: give it one in ORDER"
    used = {name.split(".")[1] for name in imported(module) if name.startswith("f1lake.")}
    later = {name for name in used if ORDER.index(name) > ORDER.index(here)}
    assert not later, f"{module} imports {sorted(later)}, which come after {here}"


@each_module
def test_each_library_with_a_place_of_its_own_is_used_there_only(module) -> None:
    for library in {name.partition(".")[0] for name in imported(module)} & set(ONLY_IN):
        assert module.startswith(ONLY_IN[library]), f"{module} imports {library}, which belongs in {ONLY_IN[library]}"


@each_module
def test_only_the_clock_knows_what_time_it_is(module) -> None:
    asked = {
        f"line {node.lineno}: {ast.unparse(node)}" for node in ast.walk(tree(module))
        if isinstance(node, ast.Attribute) and ".".join(ast.unparse(node).split(".")[-2:]) in ASKS_FOR_THE_TIME
    }
    assert module == "clock.py" or not asked, f"{module} asks the machine for the time: {sorted(asked)}"
    assert "time.time" not in set(imported(module))


@each_module
def test_nothing_prints_past_the_console(module) -> None:
    printed = [
        node.lineno for node in ast.walk(tree(module))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert not printed, f"{module} prints in lines {printed}"


@each_module
def test_a_module_says_what_it_is_for_and_can_be_read_in_one_sitting(module) -> None:
    assert ast.get_docstring(tree(module)), f"{module} has no docstring"
    lines = MODULES[module].read_text().count("\n")
    assert lines <= LONGEST, f"{module} has {lines} lines"


@each_module
def test_a_name_says_what_is_inside(module) -> None:
    assert not SAYS_NOTHING & {part.removesuffix(".py") for part in module.split("/")}


@pytest.mark.parametrize("module", [name for name in MODULES if name.endswith("/__init__.py")])
def test_a_folder_begins_with_what_it_is_and_nothing_else(module) -> None:
    assert len(tree(module).body) == 1, f"{module} holds more than the docstring of its folder"


def test_importing_the_definitions_connects_to_nothing_and_writes_nothing(tmp_path) -> None:
    watched = """
import sys
def watch(event, arguments):
    assert event != "socket.connect", f"connects to {arguments[1]}"
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        assert arguments[0] == "/dev/null", f"writes {arguments[0]}"
sys.addaudithook(watch)
import f1lake.definitions
"""
    result = subprocess.run(
        [sys.executable, "-B", "-c", watched], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
        env={"HOME": str(tmp_path), "PATH": "", "PYTHONPATH": str(PACKAGE.parent)},
    )
    assert result.returncode == 0, result.stderr
    assert not list(tmp_path.iterdir())
