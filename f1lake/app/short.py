"""What an address shows in a few words: its question, who is ahead with what chance, and as of when.

For previews of links, chats and overlays: one summary of each, so that all of them say the same as the page.
"""

from dataclasses import dataclass

import polars as pl

from f1lake.app import texts
from f1lake.app.address import STAGES, Address
from f1lake.app.live import Snapshot
from f1lake.app.queries import championship, races, results
from f1lake.app.views.asked import nearest

AHEAD = 3


@dataclass(frozen=True)
class Short:
    """A question, what is known by when, and the first few as (name, chance or points, share of 1, colour)."""

    question: str
    when: str
    rows: tuple[tuple[str, str, float, str], ...]

    def line(self, longest: int) -> str:
        """One line of plain text, as many of the first as fit."""
        for kept in range(len(self.rows), -1, -1):
            ahead = ", ".join(f"{name} {value}" for name, value, *_ in self.rows[:kept])
            line = f"{self.question} ({self.when}): {ahead}" if ahead else f"{self.question} ({self.when})"
            if len(line) <= longest:
                return line
        return self.question[:longest]


def short(snapshot: Snapshot, address: Address, language: str) -> Short:
    """The summary of an address; of a view without a question of its own, that of the title race."""
    tables = snapshot.tables
    if address.tab == "race" and "odds/race_odds" in tables:
        return _race(snapshot, address, language)
    if address.tab == "standings":
        return _standings(snapshot, address, language)
    kind = address.kind if address.kind in snapshot.titles else "drivers"
    titles = snapshot.titles[kind]
    if address.tab == "archive" and address.season in championship.seasons(titles) and address.day:
        until = titles.filter(pl.col("as_of") <= address.day)
        titles = titles if until.is_empty() else until
    known = championship.seasons(titles)
    season = address.season if address.season in known else known[0]
    latest = championship.latest(titles.filter(pl.col("season") == season))
    rows = [(row["name"], row["probability"], row["color"]) for row in latest.head(AHEAD).to_dicts()]
    question = texts.text(language, "title_odds" if kind == "drivers" else "title_odds_teams", season=season)
    return Short(question, texts.date(language, latest["as_of"][0]), _chances(language, rows))


def _race(snapshot: Snapshot, address: Address, language: str) -> Short:
    tables = snapshot.tables
    seasons = races.seasons_with_odds(tables)
    season = address.season if address.season in seasons else seasons[0]
    rounds = races.rounds_with_odds(tables, season)
    round_ = address.round if address.season and address.round in rounds else rounds[-1]
    odds = races.race_odds(tables, season, round_)
    stages = [stage for stage in STAGES if stage in odds["stage"]]
    stage = address.stage if address.stage in stages else stages[-1]
    event = races.calendar(tables).filter(season=season, round=round_).row(0, named=True)
    rows = [(row["name"], row["p_win"], row["color"]) for row in odds.filter(stage=stage).head(AHEAD).to_dicts()]
    name = texts.event(language, event["event_name"])
    return Short(
        texts.text(language, "who_wins", event=name, season=season), texts.text(language, f"stage_{stage}"),
        _chances(language, rows),
    )


def _standings(snapshot: Snapshot, address: Address, language: str) -> Short:
    tables = snapshot.tables
    seasons = results.seasons(tables)
    season = address.season if address.season in seasons else seasons[0]
    held = results.rounds(tables, season)
    round_ = nearest(address.round, held["round"].to_list(), held["round"][-1])
    event = held.row(by_predicate=pl.col("round") == round_, named=True)
    rows = results.standings(tables, "drivers", season, round_).head(AHEAD)
    most = rows["points"].max() or 1.0
    return Short(
        f"{texts.text(language, 'standings_drivers')} {season}", texts.date(language, event["event_date"]),
        tuple(
            (row["name"], texts.text(language, "points", points=texts.points(language, row["points"])),
             row["points"] / most, row["color"]) for row in rows.to_dicts()
        ),
    )


def _chances(language: str, rows: list[tuple[str, float, str]]) -> tuple[tuple[str, str, float, str], ...]:
    return tuple((name, texts.percent(language, share), share, color) for name, share, color in rows)
