"""gold/teammate_duels: both sides of every pair."""

from collections.abc import Callable

import polars as pl

from f1lake.gold.teammate_duels import teammate_duels

Made = Callable[..., pl.DataFrame]


def test_prost_and_senna_1988(made: Made, recorded_results: pl.DataFrame) -> None:
    duels = made(teammate_duels, recorded_results.filter(pl.col("season") == 1988))
    row = duels.filter(driver_id="senna", team_mate_id="prost").row(0, named=True)
    assert (row["races_together"], row["race_duels"], row["race_duels_won"]) == (16, 12, 7)
    assert (row["grid_duels"], row["grid_duels_won"], row["qualifying_duels"]) == (16, 14, 0)
    assert (row["points"], row["team_mate_points"]) == (94.0, 105.0)


def test_a_duel_looks_the_same_from_both_sides(made: Made, recorded_results: pl.DataFrame) -> None:
    duels = made(teammate_duels, recorded_results)
    both = duels.join(
        duels, left_on=["season", "constructor_id", "driver_id", "team_mate_id"],
        right_on=["season", "constructor_id", "team_mate_id", "driver_id"], suffix="_other",
    )  # fmt: skip
    assert both.height == duels.height
    assert (both["points"] == both["team_mate_points_other"]).all()
    for kind in ("race", "qualifying", "grid"):
        won, lost = both[f"{kind}_duels_won"], both[f"{kind}_duels_won_other"]
        assert (won + lost <= both[f"{kind}_duels"]).all()
        ties = both.filter(won + lost < both[f"{kind}_duels"])
        assert set(ties["season"]) <= set(range(1950, 1976)), "shared cars and places of the first years"
