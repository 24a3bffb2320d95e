"""Scores a market's prices beside our odds: read from a user's file, without the margin, on our decisions.

f1lake comes without prices, and stores none in the lake.
"""

import datetime as dt
import math
import re
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from f1lake import clock
from f1lake.abt.race_abt import GRID, WITHOUT_ORDER
from f1lake.odds.csv_rows import InvalidRowsError, instant, rows_of
from f1lake.odds.published import DECISION, DRIVER_TITLE, decisions, session_starts
from f1lake.odds.published_scores import QUESTION, outcomes, scored
from f1lake.partitions import EVENT_KEY

COLUMNS = ["race_or_title", "driver", "decimal_odds", "instant"]
RACE_WIN = "race_win"
BISECTIONS = 60


def prices(file: Path) -> tuple[pl.DataFrame, list[InvalidRowsError]]:
    """The prices of a CSV file with the columns `COLUMNS`, and the invalid rows, each with its line and reason.

    `race_or_title` is a race event (`2026-10`: who wins it) or a season (`2026`: who becomes champion), `driver` the
    source's id, `instant` an ISO instant with its time zone. Returns `line`, `question`, `entrant_id`, `odds` and `at`.
    Raises `InvalidRowsError` if a column is missing.
    """
    read, refused = [], []
    for line, row in rows_of(file, file, *([name] for name in COLUMNS)):
        try:
            read.append((line, *_price(*(row[name] for name in COLUMNS))))
        except InvalidRowsError as why:
            refused.append(InvalidRowsError("line {line}: {why}", line=line, why=why))
    schema = {"line": pl.Int64, "question": pl.String, "entrant_id": pl.String, "odds": pl.Float64,
              "at": pl.Datetime("us", "UTC")}  # fmt: skip
    book = pl.DataFrame(read, schema=schema, orient="row")
    again = book.filter(pl.struct("question", "entrant_id", "at").is_duplicated())
    refused += [InvalidRowsError("line {line}: {entrant_id} has two prices at once", **row) for row in again.to_dicts()]
    return book.join(again, on="line", how="anti"), refused


def compared(
    book: pl.DataFrame, ledger: pl.LazyFrame, tables: Sequence[pl.LazyFrame], champions: pl.LazyFrame
) -> tuple[pl.DataFrame, list[InvalidRowsError]]:
    """The market and our odds, one row per decision, and the prices without a decision, each with its line and reason.

    `tables` are the arguments of `published.decisions`. A price belongs to the decision that was open at its instant
    (for a race until qualifying begins, then from its end until the race; for the title from the end of one session to
    the start of the next), and the newest prices of a decision count. Ours are the odds as published, if there are any
    (`is_published`), else today's. Both are normalised over the drivers who have a price.

    Columns: those of `DECISION`, `at`, `drivers`, `margin` (by how much 1/odds sum to more than 1), `is_published`, and
    `log_loss`, `brier`, `log_loss_market`, `brier_market`, null until the answer is known.
    """
    calendar, results = tables[3:]
    today = decisions(*tables).filter(pl.col("kind").cast(pl.String).is_in([DRIVER_TITLE, RACE_WIN])).collect()
    of_ledger = ledger.select(*DECISION, "entrant_id", "probability", is_published=pl.lit(value=True)).collect()
    of_today = today.select(*DECISION, "entrant_id", "probability", is_published=pl.lit(value=False))
    ours = pl.concat([of_ledger, of_today.join(of_ledger, on=DECISION, how="anti", nulls_equal=True)])
    open_at_price = book.join(open_when(today.lazy(), calendar).collect(), on="question").filter(
        pl.col("at").is_between("opens_at", "closes_at", closed="left")
    )
    newest = open_at_price.filter(pl.col("at") == pl.col("at").max().over(DECISION))
    both = newest.join(ours, on=[*DECISION, "entrant_id"], how="inner", nulls_equal=True)
    refused = [InvalidRowsError("line {line}: no odds of ours of {question} were open then", **row)
               for row in book.join(open_at_price, on="line", how="anti").to_dicts()]  # fmt: skip
    refused += [InvalidRowsError("line {line}: {entrant_id} is not among those who can win {question}", **row)
                for row in newest.join(both, on="line", how="anti").to_dicts()]  # fmt: skip
    fair, answers = [both.clear().with_columns(market=pl.lit(0.0))], outcomes(results, champions, calendar).collect()
    for _, rows in both.group_by(DECISION, maintain_order=True):
        try:
            _require_a_price_of_the_winner(rows, answers)
            share = pl.Series("market", without_margin(rows["odds"].to_list()))
            fair.append(rows.with_columns(share, pl.col("probability") / pl.col("probability").sum()))
        except InvalidRowsError as why:
            refused += [InvalidRowsError("line {line}: {why}", line=line, why=why) for line in rows["line"]]
    kept = pl.concat(fair)
    kept_prices = kept.group_by(DECISION, maintain_order=True).agg(
        pl.col("at", "is_published").first(), drivers=pl.len(), margin=(1 / pl.col("odds")).sum() - 1
    )
    for of, share in (("", "probability"), ("_market", "market")):
        scores = scored(kept.select(*DECISION, "entrant_id", probability=share), answers)
        wanted = scores.select(*DECISION, pl.col("log_loss", "brier").name.suffix(of))
        kept_prices = kept_prices.join(wanted, on=DECISION, how="left", nulls_equal=True, maintain_order="left")
    return kept_prices.sort("at"), refused


def _require_a_price_of_the_winner(rows: pl.DataFrame, answers: pl.DataFrame) -> None:
    is_known = rows.join(answers, on=QUESTION, how="semi", nulls_equal=True).height
    if is_known and rows.join(answers, on=[*QUESTION, "entrant_id"], how="semi", nulls_equal=True).is_empty():
        raise InvalidRowsError("who won has no price beside this one")


def open_when(today: pl.LazyFrame, calendar: pl.LazyFrame) -> pl.LazyFrame:
    """When each decision was open: `DECISION`, `question` as prices name it, `opens_at`, `closes_at`.

    The stage `grid` has no time of its own, because the source publishes the grid with the results.
    """
    ended = pl.col("starts_at").max() + clock.SESSION_LENGTH
    starts = session_starts(calendar)
    of_day = starts.filter(pl.col("session") != "Qualifying").group_by("season", as_of="day").agg(day_ended=ended)
    qualified = starts.filter(pl.col("session") == "Qualifying").group_by("season", "event_name").agg(qualified=ended)
    is_title, is_early = pl.col("event_name").is_null(), pl.col("stage").is_in(WITHOUT_ORDER)
    ever = pl.lit(dt.datetime(1900, 1, 1, tzinfo=dt.UTC), pl.Datetime("us", "UTC"))
    opens_at = pl.when(is_title).then("day_ended").when(~is_early).then("qualified").fill_null(ever)
    return (
        today.filter(pl.col("stage") != GRID, pl.col("closes_at").is_not_null())
        .unique(DECISION)
        .join(of_day, on=["season", "as_of"], how="left")
        .join(qualified, on=["season", "event_name"], how="left")
        .select(
            *DECISION, "closes_at", opens_at=opens_at,
            question=pl.when(is_title).then(pl.col("season").cast(pl.String)).otherwise(EVENT_KEY),
        )
    )


def without_margin(odds: Sequence[float]) -> list[float]:
    """The probabilities behind decimal odds: 1/odds, raised to the one power with which they sum to 1.

    Long shots then carry more of the margin than favourites, as they do in prices. Raises `InvalidRowsError` if 1/odds
    sum to 1 or less, because then the prices are not those of all possible winners.
    """
    implied = [1 / price for price in odds]
    if sum(implied) <= 1:
        raise InvalidRowsError(
            "1/odds sum to {sum:.3f}, not above 1: these are not the prices of all drivers", sum=sum(implied)
        )
    low, high = 1.0, 2.0
    while sum(share**high for share in implied) > 1:
        low, high = high, 2 * high
    for _ in range(BISECTIONS):
        power = (low + high) / 2
        low, high = (power, high) if sum(share**power for share in implied) > 1 else (low, power)
    return [share**high for share in implied]


def _price(what: str, driver: str, odds: str, at: str) -> tuple[str, str, float, dt.datetime]:
    if not re.fullmatch(r"\d{4}(-\d{2})?", what):
        raise InvalidRowsError("{what!r} is neither a race event (2026-10) nor a season (2026)", what=what)
    if not driver:
        raise InvalidRowsError("no driver")
    try:
        price = float(odds)
    except ValueError:
        raise InvalidRowsError("{odds!r} are no decimal odds", odds=odds) from None
    if not 1 < price < math.inf:
        raise InvalidRowsError("decimal odds are above 1, not {odds}", odds=odds)
    return what, driver, price, instant(at)
