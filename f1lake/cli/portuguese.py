"""What the command and the data dictionary say in Portuguese, where that is the language of whoever asks.

The words are in `portuguese.toml`, by the names of commands and tables, or by the English that stands in the code:
what is not there is said in English. So is what the Dagster UI shows as well: why a run failed, why a row of a file is
refused.
"""

import functools
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from f1lake.app import texts
from f1lake.failures import ExplainedError

SEPARATORS = re.compile(r"(: |, |; )")


def is_wanted() -> bool:
    """Whether the user's language is Portuguese, by the first of LC_ALL, LC_MESSAGES and LANG that is set."""
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return next(filter(None, names), "").startswith("pt")


def meaning(text: str) -> str:
    """A column's meaning: as it is in the book, else put together of its phrases; English where one is not there."""
    if text in _book()["columns"]:
        return _book()["columns"][text]
    parts = SEPARATORS.split(text)
    known = [_book()["phrases"].get(part) or _book()["columns"].get(part) for part in parts[::2]]
    if None in known:
        return text
    return "".join(part for pair in zip(known, [*parts[1::2], ""], strict=True) for part in pair if part)


def phrase(text: str) -> str:
    """A unit or a source."""
    return _book()["phrases"].get(text, text)


def table(name: str, text: str) -> str:
    """What a table is: its name's Portuguese, else the English."""
    return _book()["tables"].get(name, text)


def said(text: str, /, **values: object) -> str:
    """A text of the command in the language of whoever asks, the values in its places; errors among them, too."""
    values = {name: told(value) if isinstance(value, ExplainedError) else value for name, value in values.items()}
    text = _book()["messages"].get(text, text) if is_wanted() else text
    return text.format(**values) if values else text


def told(error: ExplainedError) -> str:
    """The message of an error, in the language of whoever asks."""
    return said(error.args[0], **error.values)


def language() -> str:
    """The language of whoever asks, as the app names it."""
    return "pt" if is_wanted() else "en"


def event(name: str) -> str:
    """The name of an event: `British Grand Prix`, `GP da Grã-Bretanha`."""
    return texts.event(language(), name)


def percent(share: float) -> str:
    """`71.3%`, `71,3%`."""
    return texts.percent(language(), share, 1)


def figure(value: float, decimals: int = 0) -> str:
    """A number with so many decimals: `1.385`, `27,380`; `1,385`, `27.380`."""
    return texts.number(language(), value, decimals)


def translate(command: Any, path: str = "") -> None:
    """The help of a command, its parameters and its subcommands; `path` names it, `model list`."""
    from typer import rich_utils

    for title in ("ARGUMENTS", "OPTIONS", "COMMANDS"):
        setattr(rich_utils, f"{title}_PANEL_TITLE", _book()["options"][title.title()])
    command.help = _book()["commands"].get(path, command.help)
    for parameter in command.params:
        if getattr(parameter, "help", None):
            parameter.help = _book()["options"].get(parameter.help, parameter.help)
    for name, subcommand in getattr(command, "commands", {}).items():
        translate(subcommand, f"{path} {name}".strip())


@functools.lru_cache(maxsize=1)
def _book() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((Path(__file__).parent / "portuguese.toml").read_text())
