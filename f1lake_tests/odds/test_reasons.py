import polars as pl
import pytest

from f1lake.odds.reasons import sentence

USUAL = {
    "is_decided": False, "is_excluded": False, "is_out": False, "probability": 0.4, "position": 1, "points": 40.0,
    "points_gap": -25.0, "rounds_remaining": 13, "strongest_car_since": None, "car_rank": 2,
}  # fmt: skip
TYPES = {"position": pl.Int32, "strongest_car_since": pl.Int32}


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"strongest_car_since": 6}, "leads by 25 with 13 rounds to go; strongest car since round 6"),
        ({"points_gap": 0.0}, "level on points at the top with 13 rounds to go; car ranked 2"),
        ({"points_gap": 0.0, "position": 2}, "level on points at the top with 13 rounds to go; car ranked 2"),
        ({"position": 3, "points_gap": 12.5, "rounds_remaining": 1}, "12.5 behind with 1 round to go; car ranked 2"),
        ({"position": None, "points_gap": 0.0, "strongest_car_since": 0},
         "before the season, 13 rounds to go; strongest car since before the season"),
        ({"is_excluded": True, "position": 9, "points_gap": 200.0, "probability": 0.0},
         "cannot win any more: 200 behind with 13 rounds to go; car ranked 2"),
        ({"is_decided": True, "probability": 1.0}, "is champion: nobody can catch up any more; car ranked 2"),
        ({"is_out": True, "points": 44.0}, "races no more; has 44 points"),
    ],
)  # fmt: skip
def test_the_sentence_says_where_the_driver_stands_and_how_strong_the_car_is(terms, said):
    assert pl.DataFrame([USUAL | terms], schema_overrides=TYPES).select(sentence()).item() == said
