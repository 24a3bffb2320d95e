import datetime as dt

import polars as pl
import pytest

from f1lake.app.address import parse
from f1lake.app.queries.clinching import needed
from f1lake.app.views.page import page_view
from f1lake.silver.scoring_rules import ScoringRules, rules_of
from f1lake_tests.app.conftest import seen
from f1lake_tests.app.small import tables
from f1lake_tests.app.test_views import words

DAY = dt.date(2026, 3, 15)


def fight(points: dict[str, float], left: float = 50.0) -> dict[str, pl.DataFrame]:
    """The small season of 2026 with these points after round 2, two races of 25 to go."""
    rules = pl.DataFrame([rules_of(2026)], schema=ScoringRules.create_empty().schema)
    state = [
        {"season": 2026, "round": 2, "as_of": DAY, "driver_id": who, "points": has, "points_remaining": left,
         "points_attainable": has + left, "can_win_title": has + left >= max(points.values()), "is_race_day": True}
        for who, has in points.items()
    ]
    events = tables()["silver/events"].with_columns(sprint_date=pl.lit(None, pl.Date))
    of_day = pl.DataFrame(state).cast({"season": pl.Int32})
    return tables() | {"silver/scoring_rules": rules, "silver/season_state": of_day, "silver/events": events}


def champion_if(frames: dict[str, pl.DataFrame], who: str, rival: str) -> float:
    rows = {row["name"]: {one["name"]: one["margin"] for one in row["rivals"]} for row in needed(frames)["rows"]}
    return rows[who][rival]


def test_the_margin_is_what_is_left_after_the_event_less_the_lead():
    """Russell leads Antonelli by 20; 25 are left after Suzuka: with more than 5 points more he is champion there."""
    frames = fight({"russell": 80.0, "antonelli": 60.0, "stroll": 40.0})
    found = needed(frames)
    assert (found["most"], found["left_after"]) == (25, 25)
    assert champion_if(frames, "Russell", "Antonelli") == 5
    assert champion_if(frames, "Russell", "Stroll") == -15
    assert [row["name"] for row in found["rows"]] == ["Russell"]


def test_brute_force_agrees():
    """Over all points that two drivers can take of one race: champion there is who cannot be caught afterwards."""
    takes = [25, 18, 15, 12, 10, 8, 6, 4, 2, 1, 0]
    frames = fight({"russell": 80.0, "antonelli": 70.0})
    margin = champion_if(frames, "Russell", "Antonelli")
    for mine in takes:
        for theirs in takes:
            if mine == theirs != 0:
                continue
            cannot_be_caught = 80 + mine > 70 + theirs + 25
            assert cannot_be_caught == (mine - theirs > margin)


def test_it_cannot_be_decided_with_too_much_left():
    frames = fight({"russell": 80.0, "antonelli": 79.0}, left=100.0)
    assert needed(frames)["rows"] == []
    page = words(page_view(seen(frames), parse("?tab=standings"), "pt").html)
    assert "Ninguém pode ser campeão no GP do Japão: depois dele ainda há 75 pontos em jogo." in page


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Russell is champion at the Japanese Grand Prix with more than 5 points more than Antonelli and losing "
         "fewer than 15 points to Stroll."),
        ("pt", "Russell é campeão no GP do Japão com mais de 5 pontos a mais que Antonelli e perdendo menos de 15 "
         "pontos para Stroll."),
    ],
)
def test_it_is_said_in_words(language, sentence):
    frames = fight({"russell": 80.0, "antonelli": 60.0, "stroll": 40.0})
    assert sentence in words(page_view(seen(frames), parse("?tab=standings"), language).html)


def test_a_decided_title_takes_nothing():
    assert needed(fight({"russell": 180.0, "antonelli": 60.0})) is None
