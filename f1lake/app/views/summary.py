"""What a view shows in a few words: its question, who is ahead with what chance, and as of when.

For previews of links, chats and overlays, which so say the same as the page.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from f1lake.app import texts
from f1lake.app.queries import championship, duels, races, results
from f1lake.app.views import archive, duel, race, standings, title
from f1lake.app.views.asked import Asked

AHEAD = 3
LONGEST_LINE = 200
"""What chat bots pass on of an answer."""


@dataclass(frozen=True)
class Row:
    """One of those ahead: a chance or points as text, and how long a bar they are, as a share of 1."""

    name: str
    value: str
    share: float
    color: str


@dataclass(frozen=True)
class Summary:
    """A question, what is known by when, and the first few."""

    question: str
    when: str
    rows: tuple[Row, ...]

    def line(self, longest: int) -> str:
        """One line of plain text, as many of the first as fit."""
        for kept in range(len(self.rows), -1, -1):
            ahead = ", ".join(f"{row.name} {row.value}" for row in self.rows[:kept])
            line = f"{self.question} ({self.when}): {ahead}" if ahead else f"{self.question} ({self.when})"
            if len(line) <= longest:
                return line
        return self.question[:longest]


def summary(asked: Asked) -> Summary:
    """The summary of an address; of a view without a question of its own, that of the title race."""
    tab = asked.address.tab
    if tab == "race" and asked.has("odds/race_odds"):
        return _of_race(asked)
    if tab == "standings":
        return _of_standings(asked)
    if tab == "duel" and asked.has(duels.ENTRANTS[asked.address.kind][1]):
        return _of_duel(asked)
    if tab == "archive" and asked.has("gold/title_fights") and (fights := archive.past_fights(asked)).height:
        return _of_title(asked, "drivers", archive.chosen(asked, fights)[1])
    return _of_title(asked, *title.chosen(asked))


def _of_title(asked: Asked, kind: str, rows: pl.DataFrame) -> Summary:
    latest = championship.latest(rows)
    question = asked.say("title_odds" if kind == "drivers" else "title_odds_teams", season=latest["season"][0])
    ahead = latest.head(AHEAD).select("name", "probability", "color").rows()
    return Summary(question, texts.date(asked.language, latest["as_of"][0]), _chances(asked, ahead))


def _of_race(asked: Asked) -> Summary:
    season, round_ = race.chosen(asked)
    odds = races.race_odds(asked.tables, season, round_)
    _, stage = race.stages_of(asked, odds)
    event = races.calendar(asked.tables).filter(season=season, round=round_)["event_name"][0]
    question = asked.say("who_wins", event=texts.event(asked.language, event), season=season)
    ahead = odds.filter(stage=stage).head(AHEAD).select("name", "p_win", "color").rows()
    return Summary(question, asked.say(f"stage_{stage}"), _chances(asked, ahead))


def _of_standings(asked: Asked) -> Summary:
    season, _, event = standings.chosen(asked)
    ahead = results.standings(asked.tables, "drivers", season, event["round"]).head(AHEAD)
    most = ahead["points"].max() or 1.0
    return Summary(
        f"{asked.say('standings_drivers')} {season}", texts.date(asked.language, event["event_date"]),
        tuple(
            Row(name, asked.say("points", points=texts.points(asked.language, points)), points / most, color)
            for name, points, color in ahead.select("name", "points", "color").rows()
        ),
    )


def _of_duel(asked: Asked) -> Summary:
    kind, sides = asked.address.kind, duel.chosen(asked)
    common = duels.common_seasons(asked.tables, kind, *(side["id"] for side in sides))
    whole = common.select(pl.exclude("season").sum()).row(0, named=True)
    won, of = whole["race_duels_won"], whole["race_duels"]
    when = asked.say("duel_never") if not whole["races"] else asked.say(
        "duel_common", count=whole["races"], first=common["season"].min(), last=common["season"].max()
    )
    ahead = zip(sides, (won, of - won), strict=True) if of else ()
    return Summary(" × ".join(side["name"] for side in sides), when, tuple(
        Row(side["name"], asked.say("duel_ahead", count=count), count / of, duel.color(asked, kind, side["id"]))
        for side, count in ahead
    ))


def _chances(asked: Asked, ahead: Iterable[tuple[str, float, str]]) -> tuple[Row, ...]:
    return tuple(Row(name, texts.percent(asked.language, share), share, color) for name, share, color in ahead)
