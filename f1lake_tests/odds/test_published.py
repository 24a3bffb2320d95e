"""odds/published and its scores: said once, while it was open, and never changed by anything that comes later."""

import datetime as dt
import math
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import write_deltalake
from deltalake.exceptions import CommitFailedError
from polars.testing import assert_frame_equal

from f1lake.abt.race_abt import AFTER_PRACTICE, BEFORE_QUALIFYING, QUALIFYING
from f1lake.automation.upkeep.maintenance import clean_table
from f1lake.odds.constructor_title_odds import ConstructorTitleOdds
from f1lake.odds.published import RACE_KINDS, TABLE, Published, published
from f1lake.odds.published_scores import published_scores
from f1lake.odds.race_odds import RaceOdds
from f1lake.odds.title_odds import TitleOdds
from f1lake.silver.champions import Champions
from f1lake.silver.events import Events
from f1lake.silver.session_results import SessionResults
from f1lake.storage.backup import back_up
from f1lake.storage.delta_io import LedgerIOManager
from f1lake.storage.lake import delta_table, read, uri
from f1lake.storage.schemas import key_columns
from f1lake.storage.stored_types import as_declared
from f1lake_tests.silver.small import frame

Made = Callable[..., pl.DataFrame]
SEASON, ROUNDS = 2026, 4
DRIVERS = {"ann": "red", "bea": "red", "cyd": "green", "dot": "green"}
MONDAY = dt.timedelta(days=1)


def sunday(round_: int) -> dt.date:
    return dt.date(SEASON, 3, 1) + dt.timedelta(weeks=round_ - 1)


def at(day: dt.date, hour: int) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour), dt.UTC)


@dataclass(frozen=True)
class World:
    """A season of four rounds on Sundays at 13:00, qualifying the day before, as a lake has it after some of them."""

    held: int
    version: str = "1"
    shares: tuple[float, ...] = (0.4, 0.3, 0.2, 0.1)
    names: tuple[str, ...] = tuple(f"Grand Prix {n}" for n in range(1, ROUNDS + 1))
    stages: tuple[str, ...] = ("before_qualifying",)
    order: tuple[str, ...] = tuple(DRIVERS)

    def tables(self) -> list[pl.DataFrame]:
        """The inputs of the ledger: three tables of odds, the calendar and the results."""
        days = [dt.date(SEASON, 1, 1), *(sunday(n) for n in range(1, self.held + 1))]
        of = {"season": SEASON, "model_version": self.version}
        titles = [
            {**of, "as_of": day, "driver_id": name, "probability": p, "probability_low": p / 2, "probability_high": p}
            for day in days for name, p in zip(DRIVERS, self.shares, strict=True)
        ]  # fmt: skip
        teams = [{**of, "as_of": day, "constructor_id": name, "probability": p}
                 for day in days for name, p in (("red", 0.7), ("green", 0.3))]  # fmt: skip
        numbers = range(1, min(self.held + 1, len(self.names)) + 1)
        races = [
            {**of, "round": n, "stage": stage, "driver_id": name, "constructor_id": DRIVERS[name], "p_win": p,
             "p_win_low": p / 2, "p_win_high": p, "p_podium": min(3 * p, 1), "p_points": 1.0}
            for n in numbers for stage in self.stages for name, p in zip(DRIVERS, self.shares, strict=True)
        ]  # fmt: skip
        events = [
            {"season": SEASON, "round": n, "event_name": name, "event_date": sunday(n), "circuit_id": name,
             "qualifying_date": sunday(n) - MONDAY, "qualifying_start": at(sunday(n) - MONDAY, 14),
             "race_start": at(sunday(n), 13), "is_sprint_weekend": False, "rounds_remaining": len(self.names) - n}
            for n, name in enumerate(self.names, 1)
        ]  # fmt: skip
        results = [
            {"season": SEASON, "round": n, "session": "Race", "session_date": sunday(n), "driver_id": name,
             "constructor_id": DRIVERS[name], "position": place, "grid": place, "points": 10.0 / place}
            for n in range(1, self.held + 1) for place, name in enumerate(self.order, 1)
        ]  # fmt: skip
        schemas = (TitleOdds, ConstructorTitleOdds, RaceOdds, Events, SessionResults)
        rows = (titles, teams, races, events, results)
        return [frame(schema, list(of)) for schema, of in zip(schemas, rows, strict=True)]


@pytest.fixture
def publish(made: Made, lake: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[World, dt.datetime], pl.DataFrame]:
    """`publish(world, now)` runs the ledger at an instant: what stands in it afterwards, in the order of its key."""

    def run(world: World, now: dt.datetime) -> pl.DataFrame:
        monkeypatch.setenv("F1LAKE_NOW", now.isoformat())
        LedgerIOManager().write(TABLE, made(published, *world.tables()), [SEASON])
        return ledger()

    return run


def ledger() -> pl.DataFrame:
    return as_declared(TABLE, read(TABLE)).sort(key_columns(Published)).collect()


def scores(made: Made, world: World, champion: str | None = None) -> dict[tuple[Any, ...], dict[str, Any]]:
    """odds/published_scores by kind, stage, and day or event."""
    over = [{"season": SEASON, "driver_id": champion, "constructor_id": "red"}] if champion else []
    rows = made(published_scores, ledger(), *world.tables(), frame(Champions, over))
    return {(row["kind"], row["stage"], row["as_of"] or row["event_name"]): row for row in rows.to_dicts()}


def decisions(rows: pl.DataFrame) -> set[tuple[Any, ...]]:
    return set(rows.select("kind", "stage", pl.coalesce(pl.col("as_of").cast(pl.String), "event_name")).iter_rows())


def test_only_what_is_still_open_is_published(publish) -> None:
    stood = publish(World(held=2), at(sunday(2), 18))
    races = {(kind, "before_qualifying", "Grand Prix 3") for kind in RACE_KINDS}
    titles = {(kind, "after_race", "2026-03-08") for kind in ("driver_title", "constructor_title")}
    assert decisions(stood) == races | titles, "nothing of the past, for which there are odds too"
    assert stood.select("round").unique().to_series().sort().to_list() == [2, 3]
    assert set(stood["published_at"]) == {at(sunday(2), 18)}
    assert stood.filter(kind="race_win")["closes_at"].unique().to_list() == [at(sunday(3) - MONDAY, 14)]
    assert stood.filter(kind="driver_title")["closes_at"].unique().to_list() == [at(sunday(3), 13)]


def test_a_race_has_its_stages_as_they_come_each_until_what_it_forecasts_begins(publish) -> None:
    friday = World(held=2, stages=(BEFORE_QUALIFYING, AFTER_PRACTICE))
    saturday = World(held=2, stages=(BEFORE_QUALIFYING, AFTER_PRACTICE, QUALIFYING))
    before = publish(World(held=2), at(sunday(2), 18))
    for world, now, stage in (
        (friday, at(sunday(3) - 2 * MONDAY, 20), AFTER_PRACTICE), (saturday, at(sunday(3) - MONDAY, 16), QUALIFYING)
    ):
        after = publish(world, now)
        new = after.join(before, on=["kind", "stage", "event_name"], how="anti", nulls_equal=True)
        assert decisions(new) == {(kind, stage, "Grand Prix 3") for kind in RACE_KINDS}
        before = after
    assert publish(saturday, at(sunday(3), 14)).height == after.height, "the race has begun"


def test_before_the_season_the_title_is_published_until_its_first_race(publish) -> None:
    stood = publish(World(held=0), at(dt.date(2026, 2, 1), 9))
    assert ("driver_title", "before_season", "2026-01-01") in decisions(stood)


def test_after_the_last_race_no_title_is_left_to_publish(publish) -> None:
    assert publish(World(held=ROUNDS), at(sunday(ROUNDS), 18)).is_empty()


def test_no_odds_are_published_of_what_the_lake_knows_already(publish) -> None:
    """By a clock that is set back: the race is over in the lake, and its start is yet to come."""
    assert "Grand Prix 2" not in publish(World(held=2), at(sunday(2) - 2 * MONDAY, 9))["event_name"]


CHANGES = {
    "a refit": {"shares": (0.1, 0.2, 0.3, 0.4)},
    "a promotion": {"version": "2", "shares": (0.25, 0.25, 0.25, 0.25)},
    "a rollback": {"version": "0", "shares": (0.7, 0.1, 0.1, 0.1)},
    "a correction": {"order": ("dot", "cyd", "bea", "ann"), "shares": (0.0, 0.2, 0.2, 0.6)},
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_published_stays_whatever_changes_afterwards(publish, change: str) -> None:
    world = World(held=2)
    stood = publish(world, at(sunday(2), 18))
    assert_frame_equal(publish(replace(world, **CHANGES[change]), at(sunday(2), 20)), stood)
    later = publish(replace(world, **CHANGES[change], held=3), at(sunday(3), 18))
    assert_frame_equal(later.join(stood, on=later.columns, how="semi", nulls_equal=True), stood)
    assert later.height == 2 * stood.height, "and the decisions of the next week are added"


def test_entrants_who_come_later_are_not_added_to_a_decision_that_stands(publish, monkeypatch) -> None:
    stood = publish(World(held=2), at(sunday(2), 18))
    monkeypatch.setitem(DRIVERS, "eve", "green")
    more = World(held=2, shares=(0.4, 0.3, 0.2, 0.05, 0.05), order=tuple(DRIVERS))
    assert_frame_equal(publish(more, at(sunday(2), 20)), stood)


def test_a_race_that_is_renumbered_stays_the_event_that_was_published(publish) -> None:
    """Grand Prix 2 is cancelled before it is run: the next race is another, whose odds are new; restored, it is not."""
    world = World(held=1)
    first = publish(world, at(sunday(1), 18))
    without = replace(world, names=("Grand Prix 1", "Grand Prix 3", "Grand Prix 4"))
    second = publish(without, at(sunday(1) + 2 * MONDAY, 9))
    assert set(second["event_name"].drop_nulls()) == {"Grand Prix 2", "Grand Prix 3"}
    assert second.height > first.height
    assert_frame_equal(publish(world, at(sunday(1) + 3 * MONDAY, 9)), second)


def test_a_lake_that_comes_back_from_its_backup_has_every_row_and_goes_on(
    publish, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stood = publish(World(held=2), at(sunday(2), 18))
    archive = back_up(tmp_path / "backups")
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path / "unpacked", filter="data")
    monkeypatch.setenv("F1LAKE_LAKE", str(tmp_path / "unpacked" / "lake"))
    assert_frame_equal(ledger(), stood)
    other = World(held=2, version="7", shares=(0.1, 0.2, 0.3, 0.4))
    assert_frame_equal(publish(other, at(sunday(2), 20)), stood)
    assert publish(replace(other, held=3), at(sunday(3), 18)).height == 2 * stood.height


def test_maintenance_takes_no_version_away_and_nobody_can_replace_a_row(publish) -> None:
    stood = publish(World(held=2), at(sunday(2), 18))
    publish(World(held=3), at(sunday(3), 18))
    before = sorted(delta_table(TABLE).file_uris())
    clean_table(TABLE, dt.timedelta(0))
    assert sorted(delta_table(TABLE).file_uris()) == before
    assert pl.read_delta(uri(TABLE), version=0).height == stood.height
    with pytest.raises(CommitFailedError, match="append-only"):
        write_deltalake(uri(TABLE), stood.cast({"kind": pl.String}), mode="overwrite", schema_mode="merge")
    with pytest.raises(CommitFailedError, match="append-only"):
        delta_table(TABLE).delete("round = 2")


def test_a_decision_that_was_missed_is_said_and_never_made_up_for(publish, made: Made) -> None:
    publish(World(held=1), at(sunday(1), 18))
    rows = publish(World(held=3), at(sunday(3), 18))  # nothing ran for two weeks
    found = scores(made, World(held=3))
    assert found["driver_title", "after_race", sunday(1)]["status"] == "published"
    assert found["driver_title", "after_race", sunday(2)]["status"] == "missed"
    assert found["race_win", "before_qualifying", "Grand Prix 3"]["status"] == "missed"
    assert found["race_win", "before_qualifying", "Grand Prix 1"]["status"] == "earlier", "there was no ledger yet"
    assert found["race_win", "before_qualifying", "Grand Prix 4"]["status"] == "published"
    assert "Grand Prix 3" not in rows["event_name"]
    assert found["race_win", "before_qualifying", "Grand Prix 3"]["log_loss"] is None


def test_a_grid_that_came_with_the_results_is_said_to_be_too_late(publish, made: Made) -> None:
    publish(World(held=1), at(sunday(1), 18))
    found = scores(made, World(held=2, stages=("before_qualifying", "grid")))
    assert found["race_win", "grid", "Grand Prix 2"]["status"] == "too_late"


def test_scores_are_those_worked_out_by_hand(publish, made: Made) -> None:
    """Published .4 .3 .2 .1, won by the second; by a later model she would have had .7."""
    publish(World(held=1), at(sunday(1), 18))
    later = World(held=2, shares=(0.1, 0.7, 0.1, 0.1), order=("bea", "ann", "cyd", "dot"))
    found = scores(made, later, champion="dot")
    win = found["race_win", "before_qualifying", "Grand Prix 2"]
    assert win["log_loss"] == pytest.approx(1.2039728)
    assert win["brier"] == pytest.approx((0.4**2 + 0.7**2 + 0.2**2 + 0.1**2) / 4)
    assert (win["log_loss_today"], win["probability"], win["happened"]) == (pytest.approx(0.3566749), 0.3, "bea")
    podium = found["race_podium", "before_qualifying", "Grand Prix 2"]
    assert podium["brier"] == pytest.approx((0 + 0.1**2 + 0.4**2 + 0.3**2) / 4)
    assert podium["log_loss"] == pytest.approx(-(math.log(0.9) + math.log(0.6) + math.log(0.7)) / 4)
    title = found["driver_title", "after_race", sunday(1)]
    assert (title["probability"], title["happened"]) == (0.1, "dot")
    assert found["constructor_title", "after_race", sunday(1)]["log_loss"] == pytest.approx(0.3566749)


def test_beside_the_odds_stands_how_often_the_place_on_the_grid_won(publish, made: Made) -> None:
    """In the season before, pole won three of four races, and the last place one."""
    publish(World(held=1), at(sunday(1), 18))
    world = World(held=2, stages=("grid",))
    *odds, calendar, results = world.tables()
    before = pl.concat(
        results.filter(round=1).with_columns(season=2025, round=n, grid=pl.col("grid") if n < 4 else 5 - pl.col("grid"))
        for n in range(1, 5)
    ).select(results.columns).cast(dict(results.schema))
    rows = made(published_scores, ledger(), *odds, calendar, pl.concat([results, before]), frame(Champions, []))
    win = rows.filter(pl.col("event_name") == "Grand Prix 2", stage="grid", kind="race_win").row(0, named=True)
    often = [3.05 / 5, 0.05 / 5, 0.05 / 5, 1.05 / 5]
    assert win["log_loss_places"] == pytest.approx(-math.log(often[0] / sum(often)))


def test_nothing_published_gives_no_scores(made: Made, lake: Path) -> None:
    empty = Published.create_empty()
    assert made(published_scores, empty, *World(held=2).tables(), frame(Champions, [])).is_empty()


def test_what_is_published_late_breaks_the_contract(publish) -> None:
    stood = publish(World(held=2), at(sunday(2), 18))
    late = stood.with_columns(published_at=pl.col("closes_at"))
    assert Published.is_valid(stood)
    assert not Published.is_valid(late)
