"""The page's words in each language, read from `texts.toml`, and how each writes numbers, days and names."""

import datetime as dt
import functools
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LANGUAGES = {"en": "English", "pt": "Português"}
DEFAULT_LANGUAGE = "en"
ONE = {"en": ("1",), "pt": ("1", "0,5", "1,5")}
"""What is counted in the singular: `1 point`, `0.5 points`; `1 ponto`, `0,5 ponto`."""


@functools.lru_cache(maxsize=1)
def book() -> Mapping[str, Any]:
    """`texts.toml` as it is: `texts` by key and language, `months`, and what names are in Portuguese:
    `events_pt`, `countries_pt`, `nationalities_pt`, `reasons_pt`.
    """
    return tomllib.loads((Path(__file__).parent / "texts.toml").read_text())


def text(language: str, key: str, **values: object) -> str:
    """One text, its places filled in, in the singular where `count` asks for it and the text has one.

    In Portuguese all events are masculine, `o GP`, `do GP`, but the `500 Milhas`.
    Raises `KeyError` for a key that does not exist.
    """
    words = book()["texts"]
    if f"{key}_one" in words and str(values["count"]).lstrip("+−") in ONE[language]:
        key = f"{key}_one"
    sentence = words[key][language].format(**values)
    return re.sub(r"\b([dn]?)o (?=500 Milhas)", r"\1as ", sentence) if language == "pt" else sentence


def language_for(of_address: str | None, accept_language: str | None) -> str:
    """The language asked for in the address, else the browser's first that the page speaks, else English."""
    by_weight = sorted((accept_language or "").split(","), key=_weight, reverse=True)
    for wanted in [of_address or "", *by_weight]:
        if (language := wanted.strip()[:2].lower()) in LANGUAGES:
            return language
    return DEFAULT_LANGUAGE


def event(language: str, name: str) -> str:
    """The name of an event: `British Grand Prix`, `GP da Grã-Bretanha`; one that is new keeps its English name."""
    return book()["events_pt"].get(name, name) if language == "pt" else name


def short_event(language: str, name: str) -> str:
    """The name of an event for a narrow place: `British`, `Grã-Bretanha`."""
    return re.sub(r"^GP (d[aeo]s? )?| Grand Prix$", "", event(language, name))


def country(language: str, name: str | None) -> str:
    """The name of a country, as the source has it or in Portuguese."""
    return book()["countries_pt"].get(name, name or "") if language == "pt" else name or ""


def nationality(language: str, name: str | None) -> str:
    """A nationality: an adjective in English, in Portuguese the country's name (which has no gender to agree with)."""
    return book()["nationalities_pt"].get(name, name or "") if language == "pt" else name or ""


def reason(language: str, words: str) -> str:
    """Why a car did not finish, in F1DB's words or in Portuguese; words that are new stay English."""
    if language != "pt":
        return words
    known, (what, _, name) = book()["reasons_pt"], words.rpartition(" ")
    return known.get(words) or known.get(f"{what} …", words).replace("…", name)


def percent(language: str, share: float, decimals: int = 0) -> str:
    """`71%`, with decimals `71.3%` or `71,3%`; nothing that is possible reads 0 %, nothing open 100 %."""
    smallest = 10 ** -(decimals + 2)
    rounded = round(share, decimals + 2)
    if share > 0 and rounded == 0:
        return "<" + number(language, 100 * smallest, decimals) + "%"
    if share < 1 and rounded == 1:
        return ">" + number(language, 100 - 100 * smallest, decimals) + "%"
    return number(language, 100 * share, decimals) + "%"


def signed_points(change: float) -> str:
    """A change of probability in whole points: `+6`, `−2`, `0`."""
    points = round(100 * change)
    return f"{points:+d}".replace("-", "−") if points else "0"


def points(language: str, value: float) -> str:
    """Championship points, halves kept: `196`, `87.5`, `87,5`, `3.520,5`."""
    return _signs(language, f"{round(value, 2):,g}")


def number(language: str, value: float, decimals: int = 0) -> str:
    """A number with so many decimals: `1,132`, `0.53`; `1.132`, `0,53`."""
    return _signs(language, f"{value:,.{decimals}f}".replace("-", "−"))


def ordinal(language: str, place: int) -> str:
    """A place: `1st`, `12th`; `1º`."""
    if language == "pt":
        return f"{place}º"
    ending = "th" if place % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending}"


def date(language: str, day: dt.date) -> str:
    """`5 July 2026`; `5 de julho de 2026`, `1º de maio de 1994`."""
    month = book()["months"][language][day.month - 1]
    if language == "pt":
        return f"{ordinal(language, 1) if day.day == 1 else day.day} de {month} de {day.year}"
    return f"{day.day} {month} {day.year}"


def short_date(language: str, day: dt.date) -> str:
    """`5 Jul`, `5 jul`."""
    return f"{day.day} {book()['months'][language][day.month - 1][:3]}"


def instant(language: str, when: dt.datetime) -> str:
    """A day with its time in UTC: `5 July 2026, 18:04 UTC`."""
    return f"{date(language, when)}, {when:%H:%M} UTC"


def lap_time(milliseconds: int) -> str:
    """`1:27.097`."""
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes}:{rest // 1000:02d}.{rest % 1000:03d}"


def seconds(language: str, milliseconds: int) -> str:
    """A gap: `4.521 s`, `1:02.333`, with the language's decimal sign."""
    if milliseconds < 60_000:
        return number(language, milliseconds / 1000, 3) + " s"
    return _signs(language, lap_time(milliseconds))


def _weight(item: str) -> float:
    weight = re.search(r";\s*q=([\d.]+)", item)
    try:
        return float(weight[1]) if weight else 1.0
    except ValueError:
        return 0.0


def _signs(language: str, number: str) -> str:
    """A number with the decimal and thousands signs of the language."""
    return number.translate(str.maketrans(".,", ",.")) if language == "pt" else number
