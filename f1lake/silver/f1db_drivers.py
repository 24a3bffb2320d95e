"""silver/f1db_drivers: who F1DB's drivers are in the lake, by name, by birthday, or by the list in here.

Add a line to the list where the check `f1db_drivers_are_known` names somebody; nothing else needs to change.
"""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SAME_SEASON, SEASONS, UP_TO_SEASON
from f1lake.storage.contract import enforced, table

BY_LIST = {
    "adolfo-schwelm-cruz": "cruz", "asdrubal-fontes-bayardo": "fontes", "birabongse-bhanudej": "bira",
    "boy-hayje": "hayje", "carlos-sainz-jr": "sainz", "hans-stuck": "hans_stuck", "jac-nellemann": "nelleman",
    "jerry-unser-jr": "jerry_unser", "jj-lehto": "lehto", "kurt-ahrens-jr": "ahrens",
    "yves-giraud-cabantous": "cabantous",
}
"""Whom the two sources name otherwise and of whose birthdays they say the same of no one else, by F1DB's id."""
RULES = ("list", "name", "birthday")


class F1dbDrivers(dy.Schema):
    """F1DB's drivers of each season, and which driver of the lake each is. Without F1DB there are no rows."""

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    f1db_driver_id = dy.String(
        primary_key=True, description="F1DB's id of the driver", metadata={"from": ["driverId"]}
    )
    driver_id = dy.String(
        nullable=True,
        description="the lake's; null for who has no row of a race, sprint or qualifying by the end of the season",
        metadata={"from": ["name", "date_of_birth", "driver_id"]},
    )
    rule = dy.Enum(
        RULES, nullable=True, metadata={"from": ["name", "date_of_birth"]},
        description="by which the two are one: their names, family name and birthday, or the list",
    )


@dg.asset(
    **table("silver/f1db_drivers", F1dbDrivers),
    partitions_def=SEASONS,
    ins={
        "theirs": dg.AssetIn(["bronze", "f1db_drivers"], partition_mapping=SAME_SEASON),
        "rows": dg.AssetIn(["bronze", "f1db_race_data"], partition_mapping=SAME_SEASON),
        "ours": dg.AssetIn(["silver", "drivers"], partition_mapping=UP_TO_SEASON),
    },
)
@enforced(F1dbDrivers)
def f1db_drivers(theirs: pl.LazyFrame, rows: pl.LazyFrame, ours: pl.LazyFrame) -> pl.LazyFrame:
    """Who is entered or has a row; whose names are unknown yet goes by the id, which is made from the name."""
    of_season = pl.concat([theirs.select("season", "driverId"), rows.select("season", "driverId")]).unique()
    people = of_season.join(theirs, on=["season", "driverId"], how="left").select(
        "season", f1db_driver_id="driverId", born="dateOfBirth", family=plain(pl.col("lastName")),
        whole=pl.coalesce(plain(pl.col("firstName") + pl.col("lastName")), plain(pl.col("driverId"))),
    )
    known = ours.sort("season").unique("driver_id", keep="last").select(
        "driver_id", born="date_of_birth", family=plain(pl.col("family_name")),
        whole=plain(pl.col("given_name") + pl.col("family_name")),
    )
    of_list = pl.LazyFrame({"f1db_driver_id": list(BY_LIST), "by_list": list(BY_LIST.values())})
    listed = of_list.join(known.select(by_list="driver_id"), on="by_list")
    by_name = known.select("whole", by_name="driver_id").unique("whole", keep="none")
    by_birthday = known.select("family", "born", by_birthday="driver_id").unique(["family", "born"], keep="none")
    matched = (
        people.join(listed, on="f1db_driver_id", how="left")
        .join(by_name, on="whole", how="left")
        .join(by_birthday, on=["family", "born"], how="left")
        .with_columns(
            driver_id=pl.coalesce("by_list", "by_name", "by_birthday"),
            rule=pl.coalesce(
                pl.when(pl.col(f"by_{rule}").is_not_null()).then(pl.lit(rule)) for rule in RULES
            ).cast(pl.Enum(RULES)),
        )
    )
    return matched.select(F1dbDrivers.column_names()).sort("season", "f1db_driver_id")


def plain(name: pl.Expr) -> pl.Expr:
    """A name in plain letters: neither accents nor blanks nor hyphens."""
    return name.str.normalize("NFKD").str.to_lowercase().str.replace_all("[^a-z]", "")
