import re

import polars as pl
import pytest

from f1lake.app.address import parse
from f1lake.app.live import Snapshot
from f1lake.app.queries import duels
from f1lake.app.views.page import found_html, page_view
from f1lake.app.views.summary import summary
from f1lake.app.views.visit import visit_of
from f1lake.gold.teammate_duels import teammate_duels
from f1lake_tests.app.small import tables


def between(one: str, other: str, kind: str = "drivers") -> list[dict]:
    return duels.common_seasons(tables(), kind, one, other).to_dicts()


def test_who_was_ahead_in_the_races_of_both_is_counted_from_either_side():
    (row,) = between("antonelli", "russell")
    assert (row["season"], row["races"], row["race_duels"], row["race_duels_won"]) == (2026, 2, 2, 1)
    assert (row["qualifying_duels"], row["qualifying_duels_won"]) == (1, 1)
    assert (row["wins"], row["wins_other"], row["podiums"], row["podiums_other"]) == (1, 1, 2, 2)
    (back,) = between("russell", "antonelli")
    assert (back["race_duels_won"], back["grid_duels_won"]) == (1, row["grid_duels"] - row["grid_duels_won"])


def test_who_retired_was_not_behind():
    (row,) = between("russell", "bottas")
    assert (row["races"], row["race_duels"], row["grid_duels"]) == (2, 0, 2)


def test_of_a_team_the_better_car_counts_and_the_points_of_all():
    frames = tables()
    frames["silver/session_results"] = frames["silver/session_results"].with_columns(points=pl.lit(5.0))
    (row,) = duels.common_seasons(frames, "constructors", "mercedes", "aston_martin").to_dicts()
    assert (row["race_duels"], row["race_duels_won"], row["wins"], row["podiums"]) == (2, 2, 2, 4)
    assert (row["points"], row["points_other"]) == (20.0, 10.0)


def test_those_who_never_met_have_their_careers_compared(snapshot: Snapshot):
    assert between("michael", "russell") == []
    page = page_view(snapshot, parse("?tab=duel&who=michael&against=russell"), "pt").html
    assert "Nunca largaram na mesma corrida" in page
    assert "Carreiras inteiras" in page


@pytest.mark.parametrize(
    ("query", "sides"),
    [
        ("?tab=duel", "Andrea Kimi Antonelli × George Russell"),
        ("?tab=duel&who=stroll", "Lance Stroll × "),
        ("?tab=duel&who=stroll&against=stroll", "Lance Stroll × "),
        ("?tab=duel&who=nobody&against=stroll", "Lance Stroll × "),
        ("?tab=duel&kind=constructors", "Mercedes × Aston Martin"),
    ],
)
def test_whoever_is_not_named_or_not_known_is_chosen(snapshot: Snapshot, query: str, sides: str):
    page = page_view(snapshot, parse(query), "en")
    assert page.title.startswith(sides)
    one, other = page.title.removesuffix(" · f1lake").split(" × ")
    assert one != other
    assert ("Nothing here is “nobody”" in page.html) == ("nobody" in query)


def test_the_search_of_a_side_keeps_the_other_one(snapshot: Snapshot):
    found = found_html(snapshot, parse("?tab=duel&who=stroll&lang=en"), "en", "ru")
    assert re.findall(r'href="([^"]*)"', found) == ["?tab=duel&amp;lang=en&amp;who=stroll&amp;against=russell"]
    teams = found_html(snapshot, parse("?tab=duel&kind=constructors&against=mercedes"), "en", "cad")
    assert re.findall(r'href="([^"]*)"', teams) == [
        "?tab=duel&amp;kind=constructors&amp;who=cadillac&amp;against=mercedes"
    ]


def test_its_link_says_who_was_ahead_how_often(snapshot: Snapshot):
    visit = visit_of(snapshot, parse("?tab=duel&who=russell&against=antonelli"), "pt")
    assert summary(visit).line(200) == (
        "George Russell × Andrea Kimi Antonelli (2 corridas com a largada dos dois, 2026–2026): "
        "George Russell 1× à frente, Andrea Kimi Antonelli 1× à frente"
    )


def test_between_team_mates_it_is_what_their_table_says(made):
    frames = tables()
    for row in made(teammate_duels, frames["silver/session_results"]).to_dicts():
        (found,) = duels.common_seasons(frames, "drivers", row["driver_id"], row["team_mate_id"]).to_dicts()
        for name in ("race_duels", "race_duels_won", "qualifying_duels_won", "grid_duels", "grid_duels_won"):
            assert found[name] == row[name], (name, row)
