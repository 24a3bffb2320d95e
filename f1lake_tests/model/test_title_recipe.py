import numpy as np
import polars as pl
import pytest

from f1lake.model.title_inputs import GAP_INPUTS, title_inputs, with_simulation
from f1lake.model.title_recipe import _gap_coefficients, fingerprint, is_scored, title_fit
from f1lake.settings import settings
from f1lake.storage.lake import read
from f1lake_tests.model import small


def title_abt(*args, **more) -> pl.DataFrame:
    """A made-up title table with its simulations."""
    abt = small.title_abt(*args, **more)
    return with_simulation(abt.lazy(), small.simulated(abt).lazy())



def test_fewer_than_ten_finished_seasons_are_too_few():
    assert title_fit(title_abt(1991, 2000)) is None  # 2000 is running
    assert title_fit(title_abt(1991, 2001)) is not None


def test_a_season_whose_champion_did_not_enter_teaches_nothing():
    abt = title_abt(1991, 2001)
    stranger = abt.with_columns(is_champion=pl.when(pl.col("season") == 1995).then(False).otherwise("is_champion"))
    assert title_fit(stranger) is None


def test_the_logit_finds_the_strength_of_what_decided():
    days, drivers = 4000, 4
    x = np.random.default_rng(0).normal(size=(days * drivers, len(GAP_INPUTS)))
    strengths = (x @ [-1.0, 0.5, 0.0]).reshape(days, drivers)
    winner = (strengths + np.random.default_rng(1).gumbel(size=strengths.shape)).argmax(axis=1)
    won = (np.arange(drivers) == winner[:, None]).ravel()
    day = pl.Series(np.repeat(np.arange(days), drivers))
    rows = pl.DataFrame(x, schema=GAP_INPUTS).with_columns(as_of=day, is_champion=won)
    found = _gap_coefficients(rows, np.ones((1, len(won))))
    assert found[0] == pytest.approx([-1.0, 0.5, 0.0], abs=0.08)


def test_a_gap_counts_in_rounds_at_the_leaders_pace():
    abt = title_abt().filter(season=2000, round=2)
    seen = title_inputs(abt)
    pace = abt["points_season"].max() / 2
    assert seen["gap_rounds"].to_list() == pytest.approx([gap / pace for gap in abt["points_gap"]])


def test_a_fingerprint_names_what_is_fitted_on_and_nothing_else():
    abt = title_abt()
    assert fingerprint(abt) == fingerprint(abt.reverse())
    assert fingerprint(abt) == fingerprint(abt.filter(pl.col("season") < 2007))  # the running season
    corrected = abt.with_columns(wins_season=pl.when(pl.col("season") == 1999).then(3).otherwise("wins_season"))
    assert fingerprint(abt) != fingerprint(corrected)


@pytest.fixture
def recorded_abt(recording, history, monkeypatch) -> pl.DataFrame:
    monkeypatch.setenv("F1LAKE_LAKE", str(history))
    settings.cache_clear()
    return read("abt/title_abt").collect()


@pytest.mark.xdist_group("history")
def test_399_decisions_are_scored_from_2006_to_2025(recorded_abt):
    scored = recorded_abt.filter(is_scored(), pl.col("season").is_between(2006, 2025))
    days = scored.group_by("as_of").agg(pl.col("is_before_season").first(), pl.col("is_champion").sum())
    assert (days["is_before_season"].sum(), (~days["is_before_season"]).sum()) == (20, 379)
    assert set(days["is_champion"]) == {1}
