import re
from pathlib import Path

import pytest

from f1lake.cli.model_card import _listed

ROOT = Path(__file__).parents[2]
LOG = ROOT / "docs" / "scores-log.csv"
TITLE = ("fixed", "season_by_season")
RACE = ("fixed", "logit")
ROWS = [
    ("Drivers' title", "from 2006", TITLE, "after races"),
    ("Drivers' title", "from 2006", TITLE, "before the season"),
    ("Constructors' title", "from 2006", TITLE, "after races"),
    ("Next race", "2014-2025, before qualifying", RACE, "winner"),
    ("Next race", "2014-2025, after practice", RACE, "winner"),
    ("Next race", "2014-2025, grid", RACE, "winner"),
]
"""Where the rows of the README's table stand in the card: heading, period, learners and column."""


def cells(line: str) -> list[str]:
    return [cell.strip(" *") for cell in line.strip("| ").split(" | ")]


def in_the_card() -> dict[tuple[str, str, str], dict[str, str]]:
    """The card's scores by heading, period and learner."""
    heading = period = ""
    head: list[str] = []
    found = {}
    for line in (ROOT / "docs" / "model-card.md").read_text().splitlines():
        if line.startswith("#"):
            heading, head = line.strip("# "), []
        elif named := re.match(r"\*\*(.+)\*\*: ", line):
            period, head = named[1], []
        elif line.startswith("| ---"):
            continue
        elif line.startswith("| "):
            if head:
                found[heading, period, cells(line)[0]] = dict(zip(head, cells(line), strict=True))
            head = head or cells(line)
    return found


@pytest.mark.parametrize("readme", ["README.md", "README.pt-BR.md"])
def test_the_readmes_scores_are_those_of_the_card(readme: str) -> None:
    card = in_the_card()
    table = (ROOT / readme).read_text().partition("| season by season |" if readme == "README.md" else
                                                  "| temporada por temporada |")[2].split("\n\n")[0]  # fmt: skip
    rows = [cells(line) for line in table.splitlines() if line.startswith("| ")]
    said = [tuple(cell.strip("*").split()[0].strip("*").replace(",", ".") for cell in row[1:3]) for row in rows]
    assert said == [
        tuple(card[heading, period, learner][column] for learner in learners)
        for heading, period, learners, column in ROWS
    ]


def test_the_card_shows_every_time_that_later_seasons_were_scored():
    logged = LOG.read_text().splitlines()
    _, _, *rows = _listed("## scored", LOG).splitlines()
    shown = [row for row in rows if not row.startswith("| ---")]
    assert len(shown) == len(logged)
    assert {row.count(" | ") for row in shown} == {logged[0].count(";")}
