import numpy as np
import polars as pl
import pytest

from f1lake.model.judge.calibration import calibration_of, expected_error, favourites_of, slope


def made_up(sharpened: float) -> pl.DataFrame:
    """Favourites whose true chances are those said, on the logit scale divided by `sharpened`."""
    dice = np.random.default_rng(1)
    logit = dice.normal(0.5, 1.5, size=4000)
    happened = dice.random(4000) < 1 / (1 + np.exp(-logit / sharpened))
    return pl.DataFrame({
        "season": np.arange(4000) % 40, "probability": 1 / (1 + np.exp(-logit)), "happened": happened,
    })


@pytest.mark.parametrize("sharpened", [1.0, 2.0])
def test_the_slope_is_that_by_which_odds_are_too_sure(sharpened):
    found = calibration_of(made_up(sharpened))
    value, low, high = found.slope
    assert low < 1 / sharpened < high
    assert value == pytest.approx(1 / sharpened, abs=0.1)
    assert found.favourites == 4000


def test_the_expected_error_is_the_mean_gap_of_equal_bins():
    p, y = np.repeat([0.2, 0.8], 5), np.repeat([0.0, 1.0], 5)
    assert expected_error(p, y, np.ones(10)) == pytest.approx(4 * 0.2 / 5)  # the middle bin holds one of each
    assert slope(p, np.tile([0.0, 1.0], 5), np.ones(10)) < 1


def test_the_favourite_is_the_likeliest_and_decided_titles_do_not_count():
    rows = pl.DataFrame({
        "season": [1, 1, 1, 1], "day": [1, 1, 2, 2], "p": [0.7, 0.3, 1.0, 0.0], "won": [False, True, True, False],
    })
    assert favourites_of(rows, ["day"], "p", "won").rows() == [(1, 0.7, False)]
