"""Finds drivers and teams by parts of their names, with or without accents."""

import unicodedata
from collections.abc import Mapping

import polars as pl

from f1lake.app.queries.names import TEAM_NAME

MOST_FOUND = 8
KINDS = {"driver": ("gold/driver_career", "driver_id"), "team": ("gold/constructor_career", "constructor_id")}


def found(tables: Mapping[str, pl.DataFrame], words: str) -> pl.DataFrame:
    """Whose name holds every word: `tab`, `id`, `name`, `first_season`, `last_season`; the most successful first."""
    parts = plain(words).split()
    known = [
        tables[table].select(
            "first_season", "last_season", "titles", "wins", tab=pl.lit(tab), id=key, name=TEAM_NAME
        )
        for tab, (table, key) in KINDS.items() if table in tables
    ]
    if not parts or not known:
        return pl.DataFrame(schema=["tab", "id", "name", "first_season", "last_season"])
    names = pl.concat(known).with_columns(
        plain=pl.col("name").map_elements(plain, return_dtype=pl.String)  # only Unicode itself knows accents
    )
    holds = [pl.col("plain").str.contains(part, literal=True) for part in parts]
    begins = pl.concat_str(pl.lit(" "), "plain").str.contains(" " + parts[0], literal=True)
    return (
        names.filter(*holds)
        .sort(begins, "titles", "wins", "last_season", "id", descending=[True, True, True, True, False])
        .head(MOST_FOUND)
        .select("tab", "id", "name", "first_season", "last_season")
    )


def plain(text: str) -> str:
    """Without accents, in small letters: `Sergio Pérez` is `sergio perez`."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).casefold()
