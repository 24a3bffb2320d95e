"""Anybody's title odds beside ours, on the same decisions."""

import datetime as dt
import math

import polars as pl
import pytest

from f1lake.model.learn.title import LEADER, RECIPE_ID
from f1lake.model.scoring import ScoreError, score

DAYS = [dt.date(2010, 3, 1), dt.date(2010, 4, 1), dt.date(2011, 3, 1)]
CHAMPIONS = {2010: "ann", 2011: "bob"}


def backtest() -> pl.LazyFrame:
    """Two seasons, three decisions that count and one that does not; ours gives .6 to the champion, the leader .5."""
    rows = [
        {
            "season": day.year, "as_of": day, "driver_id": driver, "learner": learner, "part": "quarter_1",
            "is_scored": day != dt.date(2010, 5, 1), "is_champion": CHAMPIONS[day.year] == driver, "recipe": RECIPE_ID,
            "probability": share if CHAMPIONS[day.year] == driver else 1 - share,
        }
        for day in [*DAYS, dt.date(2010, 5, 1)] for learner, share in (("season_by_season", 0.6), (LEADER, 0.5))
        for driver in ("ann", "bob")
    ]
    return pl.LazyFrame(rows, schema_overrides={"season": pl.Int32})


def said(*rows: tuple[dt.date, str, float]) -> pl.DataFrame:
    return pl.DataFrame(
        [{"season": day.year, "as_of": day, "driver_id": driver, "probability": p} for day, driver, p in rows]
    )


def test_yours_stands_beside_ours_on_the_decisions_that_you_predicted():
    scores = score(said((DAYS[0], "ann", 0.8), (DAYS[0], "bob", 0.2), (DAYS[2], "bob", 1.0)), backtest())
    of_test = scores.filter(period="from_2006", part="all")
    losses = dict(of_test.select("learner", "log_loss").iter_rows())
    assert losses == pytest.approx({
        "yours": -math.log(0.8) / 2, "season_by_season": -math.log(0.6), LEADER: math.log(2), "uniform": math.log(2)
    })
    assert of_test["learner"][0] == "yours", "the best first"
    assert of_test["decisions"].to_list() == [2] * 4
    gain = of_test.filter(learner="yours")["gain"].item()
    assert gain == pytest.approx(math.log(2) + math.log(0.8) / 2)


def test_what_is_not_scored_of_ours_is_not_scored_of_yours():
    extra = said((DAYS[0], "ann", 1.0), (dt.date(2010, 5, 1), "bob", 1.0))
    assert score(extra, backtest()).filter(learner="yours", period="from_2006", part="all")["decisions"].item() == 1


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([(DAYS[0], "ann", 0.8)], r"2010-03-01 sum to 0\.8000"),
        ([(DAYS[0], "ann", 1.8)], "from 0 to 1"), ([(DAYS[0], "ann", float("nan"))], "from 0 to 1"),
        ([(DAYS[0], "ann", 0.5), (DAYS[0], "ann", 0.5)], "two probabilities"),
        ([(dt.date(2010, 5, 1), "ann", 1.0)], "none of these decisions"),
        ([(DAYS[0], "ann", 0.5), (DAYS[0], "eve", 0.5)], "no entrant of the season on that day: eve"),
    ],
)
def test_what_cannot_be_scored_is_a_clear_error(rows: list, why: str):
    with pytest.raises(ScoreError, match=why):
        score(said(*rows), backtest())


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(ScoreError, match="no column probability"):
        score(said((DAYS[0], "ann", 1.0)).drop("probability"), backtest())
