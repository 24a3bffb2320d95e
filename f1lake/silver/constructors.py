"""silver/constructors: the teams of every season, which of them are the same team, and their colours.

The two tables below hold knowledge that no source has: the succession of teams, and colours before FastF1's. To extend
them, add a line.
"""

import colorsys
import json
import zlib
from importlib.resources import files

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SAME_SEASON, SEASONS
from f1lake.raw.f1db_race_data import RACE
from f1lake.silver.f1db import INPUTS, in_our_rounds, with_driver_ids
from f1lake.storage.contract import enforced, table

LINEAGES = [
    # lineage, constructor, first and last season under that name, why it is the same team
    ("toleman", "benetton", 1986, 2001, "Benetton bought Toleman"),
    ("toleman", "renault", 2002, 2011, "Renault bought Benetton (not the works team of 1977-85)"),
    ("toleman", "lotus_f1", 2012, 2015, "sold to Genii, raced as Lotus"),
    ("toleman", "renault", 2016, 2020, "Renault bought its team back"),
    ("toleman", "alpine", 2021, 9999, "Renault under its sports car's name"),
    ("jordan", "mf1", 2006, 2006, "Midland bought Jordan"),
    ("jordan", "spyker_mf1", 2006, 2006, "Spyker bought Midland late in the season"),
    ("jordan", "spyker", 2007, 2007, "the first full season under Spyker"),
    ("jordan", "force_india", 2008, 2018, "sold to Vijay Mallya"),
    ("jordan", "racing_point", 2019, 2020, "out of administration, bought by Lawrence Stroll"),
    ("jordan", "aston_martin", 2021, 9999, "Racing Point renamed (not the works team of 1959-60)"),
    ("sauber", "bmw_sauber", 2006, 2009, "owned by BMW"),
    ("sauber", "alfa", 2019, 2023, "Sauber under its sponsor's name (not the works teams to 1985)"),
    ("sauber", "audi", 2026, 9999, "Audi bought Sauber"),
    ("tyrrell", "bar", 1999, 2005, "British American Racing bought Tyrrell"),
    ("tyrrell", "honda", 2006, 2008, "Honda bought BAR (not the works team of 1964-68)"),
    ("tyrrell", "brawn", 2009, 2009, "sold to its management"),
    ("tyrrell", "mercedes", 2010, 9999, "Mercedes bought Brawn (not the works team of 1954-55)"),
    ("stewart", "jaguar", 2000, 2004, "Ford bought Stewart"),
    ("stewart", "red_bull", 2005, 9999, "Red Bull bought Jaguar"),
    ("minardi", "toro_rosso", 2006, 2019, "Red Bull bought Minardi"),
    ("minardi", "alphatauri", 2020, 2023, "Toro Rosso renamed"),
    ("minardi", "rb", 2024, 9999, "AlphaTauri renamed"),
    ("ligier", "prost", 1997, 2001, "Alain Prost bought Ligier"),
    ("arrows", "footwork", 1991, 1996, "Arrows under its owner's name"),
    ("march", "leyton", 1990, 1991, "March under its owner's name"),
    ("osella", "fondmetal", 1991, 1992, "Fondmetal bought Osella"),
    ("virgin", "marussia", 2012, 2014, "Virgin renamed after its owner"),
    ("virgin", "manor", 2015, 2016, "out of administration under its founder's name"),
    ("lotus_racing", "caterham", 2012, 2014, "renamed after it lost the name of Lotus"),
]

CHASSIS = {
    "brabham": "brabham", "brm": "brm", "cooper": "cooper", "de_tomaso": "tomaso", "eagle": "eagle",
    "lds": "lds", "lotus": "team_lotus", "march": "march", "matra": "matra", "mclaren": "mclaren",
    "shadow": "shadow",
}
"""Until 1979 the source has one constructor for each chassis and engine: `lotus-climax` belongs to `team_lotus`."""

COLORS = {
    "alfa": "#8e1b1b", "arrows": "#f58220", "ats": "#c9a400", "bar": "#a8323e",
    "benetton": "#00a550", "bmw_sauber": "#2c5aa0", "brabham": "#006a4e", "brawn": "#a9c400",
    "brm": "#24553d", "caterham": "#0b6623", "cooper": "#0b5d1e", "ferrari": "#dc0000",
    "footwork": "#9c2f3c", "force_india": "#ff7f27", "hesketh": "#6c7a89", "honda": "#cc1f2f",
    "hrt": "#8a7b52", "jaguar": "#00543c", "jordan": "#e6c200", "lancia": "#7a1c1c",
    "larrousse": "#3a66a7", "leyton": "#3fb6b2", "ligier": "#005baa", "lola": "#3b5998",
    "lotus_f1": "#b8952e", "lotus_racing": "#1b6b3a", "manor": "#d0312d", "march": "#d2232a",
    "marussia": "#8a1010", "maserati": "#b03030", "matra": "#0055a4", "mclaren": "#ff8000",
    "mercedes": "#8d99a6", "minardi": "#3d3d3d", "osella": "#24408e", "porsche": "#7d8790",
    "prost": "#1b4fa0", "red_bull": "#1e41ff", "renault": "#e0b800", "sauber": "#0d3d8c",
    "shadow": "#2b2b2b", "spyker": "#ff6a00", "stewart": "#5b7fa6", "super_aguri": "#b5121b",
    "surtees": "#3355aa", "team_lotus": "#b08d2f", "toleman": "#2a6ebb", "toro_rosso": "#1c2f6b",
    "toyota": "#c8102e", "tyrrell": "#0a3d91", "vanwall": "#00582e", "virgin": "#cc1e1e",
    "williams": "#00518a", "wolf": "#1f2a44",
}
"""Colours of well-known teams before 2018, when FastF1's begin."""


class Constructors(dy.Schema):
    """The constructors of every season, one row for each that is in a race, sprint or qualifying of it."""

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    constructor_id = dy.String(primary_key=True, description="the source's id; later teams may have the same")
    name = dy.String(description="name of the constructor in the source", metadata={"from": ["constructorName"]})
    nationality = dy.String(
        nullable=True, description="nationality, as an adjective", metadata={"from": ["constructorNationality"]}
    )
    lineage_id = dy.String(
        description="the team under its successive names: the id of the first of them",
        metadata={"from": ["constructorId"]},
    )
    color = dy.String(
        regex=r"^#[0-9a-f]{6}$", description="colour for charts, as hexadecimal RGB",
        metadata={"source": "FastF1 from 2018; own table before; else made from the id"},
    )
    engines = dy.List(
        dy.String(), nullable=True, description="F1DB's ids of who made the engines of its races; null without F1DB",
        metadata={"from": ["engineManufacturerId"], "source": "F1DB"},
    )
    tyres = dy.List(
        dy.String(), nullable=True, description="F1DB's ids of who made the tyres; null without F1DB",
        metadata={"from": ["tyreManufacturerId"], "source": "F1DB"},
    )


@dg.asset(
    **table("silver/constructors", Constructors),
    partitions_def=SEASONS,
    ins={"results": dg.AssetIn(["bronze", "session_results"], partition_mapping=SAME_SEASON)} | INPUTS,
)
@enforced(Constructors)
def constructors(
    results: pl.LazyFrame, rows: pl.LazyFrame, races: pl.LazyFrame, events: pl.LazyFrame, ids: pl.LazyFrame
) -> pl.DataFrame:
    """The constructors of each season with lineage and colour, and who made engines and tyres."""
    teams = (
        results.filter(pl.col("round") == pl.col("round").max().over("season", "constructorId"))
        .sort("round", "session", "driverId", "number")
        .select(
            "season",
            constructor_id="constructorId",
            name=pl.col("constructorName").str.replace_all("&amp;", "&", literal=True),
            nationality="constructorNationality",
        )
        .unique(["season", "constructor_id"], keep="last", maintain_order=True)
        .sort("season", "constructor_id")
    )
    of_races = rows.filter(pl.col("type").cast(pl.String) == RACE)
    makers_by_season = makers(results, with_driver_ids(in_our_rounds(of_races, races, events), ids)).collect()
    return with_color(with_lineage(teams).collect()).join(
        makers_by_season, on=["season", "constructor_id"], how="left", maintain_order="left"
    ).select(Constructors.column_names())


def makers(results: pl.LazyFrame, theirs: pl.LazyFrame) -> pl.LazyFrame:
    """[season, constructor_id, engines, tyres], by the rows of races in which both sources have the same driver.

    The two split teams differently (`cooper-climax`, `kick-sauber`), so what car it was goes by who drove it.
    """
    drove = results.filter(pl.col("session") == "Race").select(
        "season", "round", driver_id="driverId", constructor_id="constructorId"
    )
    return (
        drove.join(theirs, on=["season", "round", "driver_id"])
        .group_by("season", "constructor_id")
        .agg(
            pl.col(name).drop_nulls().unique().sort().alias(of)
            for of, name in (("engines", "engineManufacturerId"), ("tyres", "tyreManufacturerId"))
        )
    )


def with_lineage(teams: pl.LazyFrame) -> pl.LazyFrame:
    """Teams with `lineage_id`: by `LINEAGES` in those seasons, else by the chassis, else their own id."""
    schema = {"lineage": pl.String, "constructor_id": pl.String, "season": pl.Int32, "until": pl.Int32}
    names = pl.LazyFrame([line[:4] for line in LINEAGES], schema=schema, orient="row").sort("season")
    chassis = pl.col("constructor_id").str.extract(r"^(.+)-").replace_strict(CHASSIS, default=None)
    return (
        teams.join_asof(names, on="season", by="constructor_id", check_sortedness=False)
        .with_columns(lineage=pl.when(pl.col("season") <= pl.col("until")).then("lineage"))
        .with_columns(lineage_id=pl.coalesce("lineage", chassis, "constructor_id"))
    )


def with_color(teams: pl.DataFrame) -> pl.DataFrame:
    """Teams with `color`: FastF1's of this or an earlier season, else from `COLORS`, else derived from the id."""
    derived = {constructor_id: _color_of(constructor_id) for constructor_id in teams["constructor_id"].unique()}
    return teams.join_asof(
        fastf1_colors(), on="season", by="constructor_id", check_sortedness=False
    ).with_columns(
        color=pl.coalesce(
            "fastf1_color",
            pl.col("constructor_id").replace_strict(COLORS, default=None),
            pl.col("lineage_id").replace_strict(COLORS, default=None),
            pl.col("constructor_id").replace_strict(derived, return_dtype=pl.String),
        )
    )


def fastf1_colors() -> pl.DataFrame:
    """The team colours of FastF1: `season`, `constructor_id`, `fastf1_color`.

    They are read from the package's data, because its functions need a session loaded from the network.
    """
    seasons = json.loads(files("fastf1").joinpath("plotting", "constants.json").read_text())
    rows = [
        (int(season), team["short_name"].lower().replace(" ", "_"), team["colors"]["fastf1"])
        for season, constants in seasons.items()
        for team in constants["teams"].values()
    ]
    schema = {"season": pl.Int32, "constructor_id": pl.String, "fastf1_color": pl.String}
    colors = pl.DataFrame(rows, schema=schema, orient="row").sort("season")
    return colors.with_columns(pl.col("constructor_id").replace("alfa_romeo", "alfa"))


def _color_of(constructor_id: str) -> str:
    """A colour that depends on the id alone: any hue, with a lightness that is visible on light and dark pages."""
    hue = zlib.crc32(constructor_id.encode()) % 360 / 360
    return "#" + "".join(f"{round(255 * part):02x}" for part in colorsys.hls_to_rgb(hue, 0.42, 0.45))
