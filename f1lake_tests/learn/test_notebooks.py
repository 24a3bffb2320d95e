"""The notebooks of learn/, solutions included, run on a lake of the recorded history as they stand."""

import ast
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "learn"
SOLUTION = re.compile(r"<summary>Solução / Solution</summary>\s*```python\n(.*?)```", re.DOTALL)
Names = dict[str, Any]


def first_query(told: Names) -> None:
    champions = dict(told["champions"].select("season", "name").iter_rows())
    assert (champions[1988], champions[2008]) == ("Ayrton Senna", "Lewis Hamilton")
    assert told["margins"].row(0, named=True)["season"] == 1984
    assert told["never_champion"]["name"][0] == "Stirling Moss"


def correction(told: Names) -> None:
    assert told["before"][5:8] == ["glock", "kovalainen", "trulli"]
    assert told["after"][5:8] == ["kovalainen", "trulli", "glock"]
    assert (told["told"].height, told["again"]["num_target_rows_updated"]) == (6, 0)
    assert told["totals"].head(2).rows() == [("hamilton", 98.0), ("massa", 97.0)]


def feature(told: Names) -> None:
    assert told["senna"]["front_row_life"][-1] == 87
    assert told["then"].equals(told["now"]), "no row of a day changes with what comes later"


def title_model(told: Names) -> None:
    losses = dict(told["mine"].select("learner", "log_loss").iter_rows())
    assert losses["season_by_season"] < losses["yours"] < losses["uniform"]


def chart(told: Names) -> None:
    assert [line.line.last for line in told["chart"].drawn[:2]] == ["98", "97"]
    assert told["page"].read_text().count('class="line"') == 3
    assert told["gap_chart"].drawn[0].y[-1] == 0


NOTEBOOKS: dict[str, Callable[[Names], None]] = {
    "1-primeira-consulta": first_query, "2-do-raw-ao-bronze": correction, "3-uma-medida-sua": feature,
    "4-seu-modelo-de-titulo": title_model, "5-seu-grafico-no-app": chart,
}


def cells(name: str) -> list[tuple[str, str]]:
    notebook = json.loads((FOLDER / f"{name}.ipynb").read_text())
    return [(cell["cell_type"], "".join(cell["source"])) for cell in notebook["cells"]]


def run(code: str, names: Names) -> None:
    """A cell as Jupyter runs it: what stands on its last line is looked at, too."""
    tree = ast.parse(code)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    if isinstance(last, ast.Expr):
        repr(eval(compile(ast.Expression(last.value), "cell", "eval"), names))


def test_there_is_a_check_for_every_notebook() -> None:
    assert sorted(NOTEBOOKS) == sorted(file.stem for file in FOLDER.glob("*.ipynb"))


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_and_shows_what_it_says(
    name: str, recording: Path, history: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("F1LAKE_LAKE", str(history))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.chdir(FOLDER)
    names: Names = {"__name__": "__main__"}
    for kind, text in cells(name):
        for code in [text] if kind == "code" else SOLUTION.findall(text):
            run(code, names)
    assert os.environ["F1LAKE_LAKE"] == str(history), "a notebook uses the lake that it is given"
    NOTEBOOKS[name](names)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_has_both_languages_two_exercises_and_no_output(name: str) -> None:
    words = "\n".join(text for kind, text in cells(name) if kind == "markdown")
    assert words.count("<summary>English</summary>") >= 3
    assert len(SOLUTION.findall(words)) == words.count("**Exercício") == 2
    notebook = json.loads((FOLDER / f"{name}.ipynb").read_text())
    assert not any(cell.get("outputs") for cell in notebook["cells"])
