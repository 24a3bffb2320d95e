"""`f1lake market`: prices of a file beside our odds, on the same decisions."""

import math
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from f1lake.cli.main import app
from f1lake.cli.published import ASKED
from f1lake.odds.csv_rows import InvalidRowsError
from f1lake.odds.market import compared, prices, without_margin
from f1lake.odds.published_scores import published_scores
from f1lake.silver.champions import Champions
from f1lake.storage.delta_io import DeltaIOManager
from f1lake_tests.odds.test_published import SEASON, World, at, ledger, publish, sunday
from f1lake_tests.silver.small import frame

__all__ = ["publish"]

HEAD = "race_or_title,driver,decimal_odds,instant\n"
FRIDAY = "2026-03-06T10:00:00Z"
BOOK = {"ann": 2.2, "bea": 3.0, "cyd": 5.0, "dot": 9.0}


def book_of(question: str, instant: str, odds: dict[str, float]) -> str:
    return "".join(f"{question},{driver},{price},{instant}\n" for driver, price in odds.items())


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], Path]:
    def write(rows: str) -> Path:
        path = tmp_path / "prices.csv"
        path.write_text(HEAD + rows)
        return path

    return write


def champions(*rows: str) -> pl.LazyFrame:
    return frame(Champions, [{"season": SEASON, "driver_id": driver} for driver in rows]).lazy()


def test_what_is_left_without_the_margin_sums_to_1_and_long_shots_bear_more_of_it() -> None:
    shares = without_margin(list(BOOK.values()))
    assert sum(shares) == pytest.approx(1)
    kept = [share * price for share, price in zip(shares, BOOK.values(), strict=True)]
    assert kept == sorted(kept, reverse=True), "of each 1/odds, the less the longer the odds"
    power = math.log(shares[0]) / math.log(1 / BOOK["ann"])
    assert [price**-power for price in BOOK.values()] == pytest.approx(shares)
    with pytest.raises(InvalidRowsError, match=r"0\.833"):
        without_margin([2.0, 3.0])


def test_prices_are_scored_beside_the_odds_that_were_published(publish, file) -> None:
    """Published .4 .3 .2 .1; of Friday's and Thursday's prices, Friday's count; bea won."""
    publish(World(held=1), at(sunday(1), 18))
    later = World(held=2, shares=(0.1, 0.7, 0.1, 0.1), order=("bea", "ann", "cyd", "dot"))
    rows = book_of("2026-02", "2026-03-05T10:00:00Z", {"ann": 1.2, "bea": 9.0}) + book_of("2026-02", FRIDAY, BOOK)
    book, refused = prices(file(rows))
    found, strangers = compared(book, ledger().lazy(), [t.lazy() for t in later.tables()], champions())
    assert (refused, strangers) == ([], [])
    row = found.row(0, named=True)
    assert (row["event_name"], row["stage"], row["is_published"], row["drivers"]) == (
        "Grand Prix 2", "before_qualifying", True, 4
    )
    assert row["log_loss"] == pytest.approx(-math.log(0.3))
    assert row["log_loss_market"] == pytest.approx(-math.log(without_margin(list(BOOK.values()))[1]))
    assert row["margin"] == pytest.approx(sum(1 / price for price in BOOK.values()) - 1)


def test_without_published_odds_those_of_today_are_compared_over_the_drivers_with_a_price(publish, file) -> None:
    publish(World(held=3), at(sunday(3), 18))
    book, _ = prices(file(book_of("2026", "2026-03-09T10:00:00Z", {"ann": 1.5, "bea": 2.5})))
    world = World(held=3)
    found, strangers = compared(book, ledger().lazy(), [t.lazy() for t in world.tables()], champions("bea"))
    assert strangers == []
    row = found.row(0, named=True)
    assert (row["as_of"], row["stage"], row["is_published"]) == (sunday(2), "after_race", False)
    assert row["log_loss"] == pytest.approx(-math.log(0.3 / 0.7))


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("2026-2,ann,2.0,2026-03-06T10:00:00Z", "neither a race event"),
        ("2026-02,,2.0,2026-03-06T10:00:00Z", "no driver"),
        ("2026-02,ann,7/2,2026-03-06T10:00:00Z", "'7/2'"),
        ("2026-02,ann,1,2026-03-06T10:00:00Z", "above 1"),
        ("2026-02,ann,inf,2026-03-06T10:00:00Z", "above 1"),
        ("2026-02,ann,2.0,last Friday", "last Friday"),
        ("2026-02,ann,2.0,2026-03-06T10:00:00", "no time zone"),
        ("2026-02,ann,,2026-03-06T10:00:00Z", "''"),
    ],
)
def test_a_row_that_is_no_price_is_refused_by_its_line(file, row: str, why: str) -> None:
    good = book_of("2026-02", FRIDAY, BOOK)
    book, refused = prices(file(good + row + "\n"))
    assert book.height == 4
    assert len(refused) == 1
    assert str(refused[0]).startswith("line 6: ")
    assert why in str(refused[0])


def test_two_prices_of_a_driver_at_once_are_both_refused(file) -> None:
    book, refused = prices(file(book_of("2026-02", FRIDAY, BOOK) + f"2026-02,ann,2.4,{FRIDAY}\n"))
    assert set(book["entrant_id"]) == {"bea", "cyd", "dot"}
    assert [str(line)[:7] for line in refused] == ["line 2:", "line 6:"]


@pytest.mark.parametrize(
    ("rows", "lines", "why"),
    [
        (book_of("2026-02", "2026-03-08T13:30:00Z", BOOK), 4, "were open then"),
        (book_of("2026-09", FRIDAY, BOOK), 4, "were open then"),
        (book_of("2026-02", FRIDAY, {"ann": 3.0, "bea": 4.0}), 2, "not above 1"),
        (book_of("2026-02", FRIDAY, BOOK | {"zed": 99.0}), 1, "zed is not among"),
        (book_of("2026-02", FRIDAY, {"cyd": 1.5, "dot": 2.5}), 2, "who won has no price"),
    ],
    ids=["during the race", "no such race", "half a book", "a stranger", "not of the winner"],
)
def test_prices_of_no_decision_are_refused_by_their_lines(publish, file, rows: str, lines: int, why: str) -> None:
    publish(World(held=1), at(sunday(1), 18))
    book, _ = prices(file(rows))
    _, refused = compared(book, ledger().lazy(), [t.lazy() for t in World(held=2).tables()], champions())
    assert len(refused) == lines
    assert all(why in str(line) for line in refused)


def test_the_commands_show_the_scores_and_the_refused_rows(publish, file, made, tmp_path: Path) -> None:
    world = World(held=2)
    publish(World(held=1), at(sunday(1), 18))
    manager = DeltaIOManager()
    for name, rows in zip(ASKED, world.tables(), strict=True):
        manager.write(name, rows, [SEASON])
    over = frame(Champions, [])
    manager.write("silver/champions", over, [SEASON])
    manager.write("odds/published_scores", made(published_scores, ledger(), *world.tables(), over), None)
    path = file(book_of("2026-02", FRIDAY, BOOK) + f"2026-02,ann,0.5,{FRIDAY}\n")
    runner, wide = CliRunner(), {"COLUMNS": "300"}
    result = runner.invoke(app, ["market", "--from", str(path)], env=wide)
    assert result.exit_code == 0, result.output
    assert "line 6: decimal odds are above 1, not 0.5" in result.output
    assert "mean of 1" in result.output
    shown = runner.invoke(app, ["published"], env=wide)
    assert shown.exit_code == 0, shown.output
    assert "Grand Prix 2" in shown.output
    (tmp_path / "other.csv").write_text("driver,price\n")
    other = runner.invoke(app, ["market", "--from", str(tmp_path / "other.csv")], env=wide)
    assert other.exit_code == 1
    assert "has no column race_or_title" in other.output
