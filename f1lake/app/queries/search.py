"""Finds drivers and teams by parts of their names, with or without accents."""

from collections.abc import Collection, Mapping

import polars as pl

from f1lake.app.queries.names import TEAM_NAME

MOST_FOUND = 8
KINDS = {"driver": ("gold/driver_career", "driver_id"), "team": ("gold/constructor_career", "constructor_id")}


def search_results(
    tables: Mapping[str, pl.DataFrame], words: str, tabs: Collection[str] = tuple(KINDS)
) -> pl.DataFrame:
    """Drivers and teams whose name holds every word: `tab`, `id`, `name`, `first_season`, `last_season`.

    The most successful come first.
    """
    parts = pl.select(plain(pl.lit(words))).item().split()
    known = [
        tables[table].select(
            "first_season", "last_season", "titles", "wins", tab=pl.lit(tab), id=key, name=TEAM_NAME
        )
        for tab, (table, key) in KINDS.items() if tab in tabs and table in tables
    ]
    if not parts or not known:
        return pl.DataFrame(schema=["tab", "id", "name", "first_season", "last_season"])
    names = pl.concat(known).with_columns(plain=plain(pl.col("name")))
    holds = [pl.col("plain").str.contains(part, literal=True) for part in parts]
    begins = pl.concat_str(pl.lit(" "), "plain").str.contains(" " + parts[0], literal=True)
    return (
        names.filter(*holds)
        .sort(begins, "titles", "wins", "last_season", "id", descending=[True, True, True, True, False])
        .head(MOST_FOUND)
        .select("tab", "id", "name", "first_season", "last_season")
    )


def plain(text: pl.Expr) -> pl.Expr:
    """Without accents, in small letters: `Sergio Pérez` is `sergio perez`."""
    return text.str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.to_lowercase()
