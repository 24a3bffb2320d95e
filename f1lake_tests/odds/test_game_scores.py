"""odds/game_scores: predictions of friends beside the model's, on the same races, by the same rules."""

import math
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from f1lake.odds.csv_rows import InvalidRowsError
from f1lake.odds.game_scores import game_scores, played
from f1lake.odds.predictions import FILE, predictions
from f1lake.odds.published import Published
from f1lake_tests.odds.test_published import SEASON, World, at, ledger, publish, sunday

__all__ = ["publish"]

HEAD = "name,race,driver,chance,order,instant\n"
WORLD = World(held=2, shares=(0.4, 0.3, 0.2, 0.1), order=("bea", "ann", "cyd", "dot"))


def said(rows: str, head: str = HEAD) -> tuple[pl.DataFrame, list[str]]:
    return predictions((head + rows).encode())


def scores(rows: str, world: World = WORLD, of_ledger: pl.DataFrame | None = None) -> tuple[dict, list[str]]:
    """What each side and player gave the winner of each round, and what is none."""
    found, refused = said(rows)
    _, _, races, calendar, results = (table.lazy() for table in world.tables())
    of = Published.create_empty() if of_ledger is None else of_ledger
    rows_, strangers = played(found, of.lazy(), races, calendar, results)
    return {(row["round"], row["side"], row["player"]): row for row in rows_.to_dicts()}, refused + strangers


def test_who_says_chances_is_scored_like_the_model_beside_everybody_alike():
    found, refused = scores("Ana,2026-02,bea,70%,,\nAna,2026-02,ann,0.1,,\n")
    assert refused == []
    assert set(found) == {(2, "friend", "Ana"), (2, "model", "f1lake"), (2, "alike", "")}
    ana, model, alike = (found[2, side, name] for side, name in (("friend", "Ana"), ("model", "f1lake"), ("alike", "")))
    assert (ana["winner_id"], ana["favourite_id"], ana["chance"]) == ("bea", "bea", pytest.approx(0.7))
    assert ana["log_loss"] == pytest.approx(-math.log(0.7))
    assert ana["brier"] == pytest.approx((0.3**2 + 0.1**2 + 2 * 0.1**2) / 4), "cyd and dot share what is left"
    assert (model["favourite_id"], model["log_loss"]) == ("ann", pytest.approx(-math.log(0.3)))
    assert alike["log_loss"] == pytest.approx(math.log(4))


def test_chances_for_everybody_that_fall_short_of_1_are_taken_in_proportion():
    found, _ = scores("".join(f"Ana,2026-02,{name},0.1,,\n" for name in ("ann", "bea", "cyd", "dot")))
    assert found[2, "friend", "Ana"]["chance"] == pytest.approx(0.25)


def test_an_order_is_worth_what_its_places_brought_before():
    earlier = World(held=3, order=("dot", "ann", "bea", "cyd")).tables()[4].with_columns(
        season=pl.lit(SEASON - 1, pl.Int32)
    )
    found, _ = said("Bia,2026-02,bea,,1,\nBia,2026-02,ann,,2,\n")
    _, _, races, calendar, results = WORLD.tables()
    rows, refused = played(
        found, Published.create_empty().lazy(), races.lazy(), calendar.lazy(), pl.concat([results, earlier]).lazy()
    )
    assert refused == []
    bia = rows.filter(side="friend").row(0, named=True)
    assert bia["favourite_id"] == "bea"
    brought = {"bea": 3.05 / 4, "ann": 0.05 / 4, "cyd": 0.05 / 4, "dot": 0.05 / 4}
    assert bia["chance"] == pytest.approx(brought["bea"] / sum(brought.values())), "the first place won three of three"


def test_the_model_is_judged_by_what_it_published(publish):
    publish(World(held=1), at(sunday(1), 18))
    later = World(held=2, shares=(0.1, 0.7, 0.1, 0.1), order=WORLD.order)
    found, _ = scores("Ana,2026-02,bea,50%,,\n", later, ledger())
    assert found[2, "model", "f1lake"]["chance"] == pytest.approx(0.3)


def test_a_race_to_come_waits_for_its_winner():
    found, _ = scores("Ana,2026-03,cyd,50%,,\n")
    ana = found[3, "friend", "Ana"]
    assert (ana["favourite_id"], ana["winner_id"], ana["log_loss"]) == ("cyd", None, None)


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ("Ana,2026-02,bea,1.4,,\n", "line 2: '1.4' is no chance"),
        ("Ana,2026-02,bea,,,\n", "line 2: a row has a chance or a place"),
        ("Ana,2026-02,bea,0.5,1,\n", "line 2: a row has a chance or a place"),
        ("Ana,2026,bea,0.5,,\n", "line 2: '2026' is no race event"),
        (",2026-02,bea,0.5,,\n", "line 2: a name has"),
        ("Ana,2026-02,bea,0.7,,\nAna,2026-02,ann,0.7,,\n", "lines 2, 3: Ana, 2026-02: the chances sum to 140%"),
        ("Ana,2026-02,bea,,1,\nAna,2026-02,ann,,1,\n", "a place is given twice"),
        ("Ana,2026-02,bea,0.1,,\nAna,2026-02,bea,0.2,,\n", "a driver is named twice"),
        ("Ana,2026-02,bea,0.1,,\nAna,2026-02,ann,,1,\n", "some rows have a chance, some a place"),
        ("Ana,2026-02,zoe,0.1,,\n", "zoe does not race in it"),
        ("Ana,2026-04,bea,0.1,,\n", "there are no odds of this race"),
        ("Ana,2026-02,bea,0.1,,2026-03-08T14:00:00Z\n", "it came after the race had begun"),
        ("Ana,2026-02,bea,0.1,,2026-03-08\n", "has no time zone"),
    ],
)
def test_what_is_no_prediction_is_told_with_its_line_and_keeps_no_other_out(rows: str, why: str):
    found, refused = scores(rows + "Bia,2026-02,bea,0.5,,2026-03-08T12:59:00Z\n")
    assert len(refused) == 1
    assert why in refused[0]
    assert {player for _, side, player in found if side == "friend"} == {"Bia"}


def test_a_prediction_counts_whole_or_not_at_all():
    found, refused = scores("Ana,2026-02,bea,0.5,,\nAna,2026-02,ann,many,,\nBia,2026-02,bea,0.5,,\n")
    assert len(refused) == 1
    assert (2, "friend", "Ana") not in found


def test_a_file_without_its_columns_is_a_clear_error():
    with pytest.raises(InvalidRowsError, match="no column driver, chance or order"):
        said("Ana,2026-02\n", head="name,race\n")
    found, refused = said("Ana,2026-02,bea,0.5\n", head="name,race,driver,chance\n")
    assert (found.height, refused) == (1, [])


def test_the_file_is_read_from_the_lake_and_what_is_none_is_a_warning(made, lake: Path):
    tables = [table.lazy() for table in (Published.create_empty(), *WORLD.tables()[2:])]
    assert made(game_scores, dg.build_asset_context(), *tables).is_empty(), "nobody plays"
    (lake / FILE).parent.mkdir(parents=True)
    (lake / FILE).write_text(HEAD + "Ana,2026-02,bea,70%,,\nBia,2026-02,zoe,0.1,,\n")
    check, output = game_scores(dg.build_asset_context(), *tables)
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "line 3: Bia, 2026-02: zoe does not race in it" in check.description
    assert output.value.filter(side="friend")["player"].to_list() == ["Ana"]
