"""proselint over README, docs and docstrings: `python -m f1lake_tests.prose`.

proselint reads whole files; here it gets prose only: Markdown without code, and the docstrings of the package.
Accepted phrases and the checks that are off stand in pyproject.toml, `[tool.f1lake.prose]`.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from proselint.checks import __register__
from proselint.config import DEFAULT
from proselint.registry import CheckRegistry
from proselint.tools import LintFile

ROOT = Path(__file__).resolve().parents[1]
RULES = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["f1lake"]["prose"]
CODE = re.compile(r"^( *)```.*?^\1```|\]\([^)]*\)|<!--.*?-->", re.DOTALL | re.MULTILINE)


def pages() -> Iterator[Path]:
    """The Markdown written by hand in English."""
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").glob("*.md")]:
        name = path.relative_to(ROOT).as_posix()
        if not any(re.fullmatch(pattern, name) for pattern in RULES["skipped"]):
            yield path


def prose(path: Path) -> str:
    """The prose of a file, each line where it stands in it."""
    text = path.read_text()
    if path.suffix == ".md":
        return CODE.sub(lambda code: "\n" * code[0].count("\n"), text).replace("`", "")
    lines = [""] * (text.count("\n") + 2)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            for at, line in enumerate(node.value.value.splitlines()):
                lines[node.lineno - 1 + at] = line.strip().replace("`", "")
    return "\n".join(lines)


def complaints(path: Path) -> Iterator[str]:
    """What proselint says of a file, but for what is accepted."""
    for found in LintFile(path, prose(path)).lint(DEFAULT):
        check, message = found.check_result.check_path, found.check_result.message
        accepted = any(phrase in message for phrase in RULES["accepted"])
        if not accepted and not any(check.startswith(off) for off in RULES["off"]):
            yield f"{path.relative_to(ROOT)}:{found.pos[0]}: {check}: {message}"


def main() -> int:
    """Print every complaint; the exit code says whether there was one."""
    CheckRegistry().register_many(__register__)
    found = [line for path in [*pages(), *sorted((ROOT / "f1lake").rglob("*.py"))] for line in complaints(path)]
    sys.stdout.write("".join(f"{line}\n" for line in found))
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
