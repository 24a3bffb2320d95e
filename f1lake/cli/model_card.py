"""docs/model-card.md, written from the tables: data, protocol, scores, calibration, worst decisions, limits.

Every figure is computed from the stored backtests; the words around them must be true for any figures.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from f1lake.abt.race_abt import AFTER_PRACTICE, BEFORE_QUALIFYING, STAGES
from f1lake.model import race_scores, title_scores
from f1lake.model.judge.calibration import Calibration, calibration_of, favourites_of
from f1lake.model.judge.metrics import BEFORE_SEASON, in_periods, means_with_intervals
from f1lake.model.learn.decision import PARTS, RACE, TITLE
from f1lake.model.learn.race import FRIDAY
from f1lake.model.learn.race import PUBLISHED as OF_RACES
from f1lake.model.learn.title import PUBLISHED as OF_TITLE
from f1lake.model.learn.title import RECIPE_ID
from f1lake.storage.lake import read

WORST = 12
INTRODUCTION = """# Model card

Made by `f1lake model card` from the tables of a lake; nothing in it is written by hand but these words.

**What is published.** Who will be champion (drivers, constructors), on every day of a race or sprint and before the
season; who wins, reaches the podium or scores in every race, at up to four stages.

**Data.** Race, sprint and qualifying results, calendars and standings since 1950, as FastF1's Ergast interface
(Jolpica) gives them. Qualifying times where the source has them (1994-95, some to 2002, all from 2003). Times of
practice since 1988 from F1DB (CC BY 4.0), where the lake has it: only the stage `after_practice` sees them. By hand,
with their sources: the rules of each year, which teams are one, winters with new technical rules, and who could race no
more (silver/scoring_rules, constructors, departures). No money, no weather, no news.

**Protocols.** Season S is judged by a fit on the seasons before S only (rolling origin). *Fixed*: every choice of
model, input, weight and constant was made on seasons up to 2005. *Season by season*, which is published: for season S
the constants of the strengths are those of twenty earlier seasons (learned anew every fourth), the coefficients those
fitted on earlier seasons, and of the ways to answer the one that cost least on the scored decisions of the twenty
seasons before S. The forms of these ways were written down when later seasons were known; the choice among them was
not. Of races the way itself is fixed; to 2004 the title's choice looks back to 1985 only. Up to 2005 the constants have
seen the season that they are judged on: only from 2006 on everything is out of sample. Each time later seasons were
scored again is in the log below. Title decisions are those after each race but the last, and before the season;
entrants are the drivers with a race or sprint row so far. Before the season, and before qualifying, a backtest
asks about those who then took part; what is published asks about those of the race before, as the known transfers have
it.

**Stages of a race.** Before qualifying; after practice, with all practices before qualifying (what is published on a
Friday night knows Friday's only: learner `friday`); on Saturday evening, on the order of qualifying (`qualifying`); on
the final grid, penalties in (`grid`). The source gives the final grid with the results: its odds are computed with
them, beside those of Saturday, which are the last that can be published before a race. A sprint of the weekend is in
none of them. The figures in the repository are those of a lake with F1DB; in one without it the tables of after
practice are missing, and every other figure is the same.

Log loss is the mean of -log(probability of what happened), lower is better. Intervals are of 90 %, from a bootstrap
over seasons; a *gain* is the baseline's log loss less the learner's on the same decisions: of titles the share of
leaders who became champion, of races the frequency of the slot, before qualifying the same chance for everybody. Podium
and points of `fixed` and `xgboost` follow from who wins; only the published logit has coefficients of its own."""

LIMITS = """## Limits

- Twenty champions are few: differences of some hundredths of log loss between models are within chance.
- The intervals of the odds are those of other draws of seasons and of the simulation; they do not hold what no model
  here knows (an injury, a new engine, a team order).
- The calendar of a season that was over when it was collected is that of the races held: what was cancelled during it
  is not in the simulations before that.
- Results are those of today: what stewards decided later is in the backtest, and not in the ledger (odds/published).
- A grid penalty, a wet race and the circuit are seen only through the grid and what happened there before.
- Strengths compare drivers of different times only as far as the fields were equally strong."""


SEASON_PUBLISHED = """## 2026, as it was published

A lake that knew nothing of 2026 lived through the season session by session, with the fit on the seasons to 2025. Each
decision was published while it was open, and is scored here as it stood in the ledger. (The test
`f1lake_tests/soak/test_a_season_published.py` is such a season.) Times are UTC. *Was given* is the probability of the
winner, *log loss* follows from it; *of the places* is the log loss of how often a place in qualifying had won in
twenty seasons. *Brier* is the mean over the drivers; *podium* and *points* are the mean log loss of a yes or no for
each driver. The grid came with the results, too late to be published. Both titles were published as well; they are
scored when the season is over."""


def card(docs: Path) -> str:
    """The page, from the tables of the lake and two files in `docs`: the log of scores, and the odds published in a
    season.

    Raises `TableMissingError` if nothing was trained yet.
    """
    title = title_scores.scored_rows(read("model/title_model")).collect()
    parts = [
        INTRODUCTION,
        _titles("Drivers' title", "model/title_scores", OF_TITLE),
        _paired(title),
        _titles("Constructors' title", "model/constructor_title_scores", OF_TITLE),
        _races(),
        _practice(),
        _calibrated(title),
        _worst(title),
        _listed(SEASON_PUBLISHED, docs / "season-2026.csv"),
        _listed("## Every time later seasons were scored", docs / "scores-log.csv"),
        LIMITS,
        f"Recipe of the title: `{RECIPE_ID}`; of the race: `{race_scores.RECIPE_ID}`.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _titles(heading: str, table: str, published: str) -> str:
    scores = read(table).collect()
    lines = [f"## {heading}"]
    for period in title_scores.PERIODS:
        rows = scores.filter(pl.col("period") == period)
        if rows.is_empty():
            continue
        wide = {(row["learner"], row["part"]): row for row in rows.iter_rows(named=True)}
        learners = rows.filter(part="all").sort(pl.col("log_loss").round(9), "learner")["learner"].to_list()
        counted = wide[published, "all"]
        lines.append(f"\n**{_period(period)}**: {counted['decisions']} decisions of {counted['seasons']} seasons\n")
        head = ["learner", "after races", "90 %", "top-1", "before the season", *(f"Q{i}" for i in range(1, 5))]
        body = []
        for learner in learners:
            after = wide.get((learner, "after_races"), {})
            body.append([
                f"**{learner}**" if learner == published else learner,
                _number(after.get("log_loss")),
                f"{_number(after.get('log_loss_low'))} to {_number(after.get('log_loss_high'))}",
                _percent(after.get("top1")),
                *(_number(wide.get((learner, part), {}).get("log_loss")) for part in PARTS),
            ])
        lines.append(_table(head, body))
    return "\n".join(lines)


def _paired(title: pl.DataFrame) -> str:
    """The published title odds compared with every other learner, decision by decision, after races."""
    decisions = title_scores.scored_decisions(title.lazy()).filter(part_is_after_race())
    ours = decisions.filter(learner=OF_TITLE).select(*TITLE, "period", ours="log_loss")
    paired = decisions.filter(pl.col("learner") != OF_TITLE).join(ours, on=[*TITLE, "period"])
    gains = means_with_intervals(
        paired.with_columns(gain=pl.col("log_loss") - pl.col("ours")), ["learner", "period"], ["gain"]
    ).sort("period", pl.col("gain").round(9), "learner")
    rows = [
        [row["learner"], _period(row["period"]), _number(row["gain"]),
         f"{_number(row['gain_low'])} to {_number(row['gain_high'])}", str(row["decisions"])]
        for row in gains.iter_rows(named=True)
    ]
    head = ["against", "seasons", "gain of the published odds", "90 %", "decisions"]
    return "### Paired, after races\n\n" + _table(head, rows)


def part_is_after_race() -> pl.Expr:
    """Every decision except those before the season."""
    return pl.col("part") != BEFORE_SEASON


def _races() -> str:
    scores = read("model/race_scores").collect()
    lines = ["## Next race"]
    for period in race_scores.PERIODS:
        for stage in STAGES:
            rows = scores.filter(period=period, stage=stage)
            if rows.is_empty():
                continue
            wide = {(row["learner"], row["target"]): row for row in rows.iter_rows(named=True)}
            learners = rows.filter(target="win").sort(pl.col("log_loss").round(9), "learner")["learner"].to_list()
            races = wide[OF_RACES, "win"]["decisions"]
            lines.append(f"\n**{_period(period)}, {stage.replace('_', ' ')}**: {races} races\n")
            head = ["learner", "winner", "90 %", "top-1", "gain", "90 %", "podium AUROC", "points AUROC"]
            body = [
                [
                    f"**{learner}**" if learner == OF_RACES else learner, _number(win["log_loss"]),
                    f"{_number(win['log_loss_low'])} to {_number(win['log_loss_high'])}", _percent(win["top1"]),
                    _number(win["gain"]), f"{_number(win['gain_low'])} to {_number(win['gain_high'])}",
                    _number(wide[learner, "podium"]["auroc"]), _number(wide[learner, "points"]["auroc"]),
                ]
                for learner in learners for win in [wide[learner, "win"]]
            ]
            lines.append(_table(head, body))
    return "\n".join(lines)


def _practice() -> str:
    """What practice is worth: the published odds after it against those before qualifying, race by race."""
    races = race_scores.race_decisions(race_scores.scored_rows(read("model/race_model"))).filter(target="win")
    before = races.filter(stage=BEFORE_QUALIFYING, learner=OF_RACES).select("season", "round", before="log_loss")
    after = races.filter(pl.col("learner").is_in([OF_RACES, FRIDAY]), stage=AFTER_PRACTICE).join(
        before, on=["season", "round"]
    )
    if after.is_empty():
        return ""
    gains = means_with_intervals(
        in_periods(after.with_columns(gain=pl.col("before") - pl.col("log_loss")), race_scores.PERIODS),
        ["period", "learner"], ["gain"],
    ).sort("period", "learner")
    known = {OF_RACES: "all before qualifying", FRIDAY: "Friday's alone"}
    rows = [
        [_period(row["period"]), known[row["learner"]], _number(row["log_loss"]), _number(row["gain"]),
         f"{_number(row['gain_low'])} to {_number(row['gain_high'])}", str(row["decisions"])]
        for row in gains.iter_rows(named=True)
    ]
    head = ["seasons", "practices", "winner", "gain over before qualifying", "90 %", "races"]
    return "### After practice, paired with before qualifying\n\n" + _table(head, rows)


def _calibrated(title: pl.DataFrame) -> str:
    races = race_scores.scored_rows(read("model/race_model")).filter(learner=OF_RACES)
    first_title, first_race = title_scores.PERIODS[title_scores.TEST][0], race_scores.PERIODS[race_scores.TEST][0]
    of_title = title.filter(pl.col("season") >= first_title, learner=OF_TITLE)
    groups = [("champion", first_title, favourites_of(of_title, TITLE, "probability", "is_champion"))]
    for stage in STAGES:
        of_stage = races.filter(pl.col("season") >= first_race, stage=stage)
        favourites = favourites_of(of_stage, RACE, "p_win", "is_winner")
        groups.append((f"winner, {stage.replace('_', ' ')}", first_race, favourites))
    rows = [
        _calibration_row(name, first, calibration_of(favourites))
        for name, first, favourites in groups if favourites.height
    ]
    head = ["favourite", "seasons from", "decisions", "slope", "90 %", "expected calibration error", "90 %"]
    return (
        "## Calibration\n\nOf the favourite: a slope of 1 means as sure as it should be, below 1 too sure. The "
        "expected error is over five bins of equally many; a mean of absolute gaps, it grows when resampled, so its "
        "interval can lie above it. Titles that are decided (a favourite at 100 %) are left out; races of the running "
        "season are in.\n\n" + _table(head, rows)
    )


def _calibration_row(name: str, first: int, of: Calibration) -> list[str]:
    return [
        name, str(first), str(of.favourites), _number(of.slope[0]), f"{_number(of.slope[1])} to {_number(of.slope[2])}",
        _number(of.error[0]), f"{_number(of.error[1])} to {_number(of.error[2])}",
    ]


def _worst(title: pl.DataFrame) -> str:
    """The decisions with the highest loss of the published odds, one per season, with the components of the odds."""
    ours = title.filter(pl.col("season") >= title_scores.PERIODS[title_scores.TEST][0], learner=OF_TITLE)
    favourite = ours.sort("probability", descending=True).unique(TITLE, keep="first", maintain_order=True)
    terms = (
        read("model/simulated_titles").filter(pl.col("title") == "driver").collect()
        .select(*TITLE, "points_gap", "car_rank", "strength_rank", "rounds_remaining", driver_id="entrant_id")
    )
    worst = (
        ours.filter("is_champion")
        .join(favourite.select(*TITLE, favourite="driver_id", given="probability"), on=TITLE)
        .join(terms, on=[*TITLE, "driver_id"])
        .sort("probability")
        .unique("season", keep="first", maintain_order=True)
        .head(WORST)
    )
    rows = [
        [str(row["as_of"]), row["driver_id"], _percent(row["probability"]), row["favourite"], _percent(row["given"]),
         f"{row['points_gap']:g} behind, {row['rounds_remaining']} rounds to go, car ranked {row['car_rank']}, "
         f"driver and car {row['strength_rank']}"]
        for row in worst.iter_rows(named=True)
    ]
    head = ["as of", "champion", "was given", "favourite", "was given", "what was known of the champion"]
    return "## Worst title decisions since 2006\n\nOne a season, the most surprising first.\n\n" + _table(head, rows)


def _listed(heading: str, file: Path) -> str:
    """A file with semicolon-separated columns as a Markdown table; empty if the file does not exist."""
    if not file.is_file():
        return ""
    rows = pl.read_csv(file, separator=";", infer_schema=False)
    return f"{heading}\n\n" + _table(rows.columns, rows.iter_rows())


def _period(period: str) -> str:
    first, _, second = period.partition("_")
    return f"{first}-{second}" if first.isdigit() else f"{first} {second}"


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"
