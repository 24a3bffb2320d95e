"""What a view shows in a few words: its question, who is ahead with what chance, and as of when.

For previews of links, chats and overlays, which so say the same as the page.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from f1lake.app import texts
from f1lake.app.queries import championship, duels, races, results
from f1lake.app.views import archive, duel, race, standings, title
from f1lake.app.views.visit import Visit

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


def summary(visit: Visit) -> Summary:
    """The summary of an address; of a view without a question of its own, that of the title race."""
    tab = visit.address.tab
    if tab == "race" and visit.has("odds/race_odds"):
        return _of_race(visit)
    if tab == "standings":
        return _of_standings(visit)
    if tab == "duel" and visit.has(duels.ENTRANTS[visit.address.kind][1]):
        return _of_duel(visit)
    if tab == "archive" and visit.has("gold/title_fights") and (fights := archive.past_fights(visit)).height:
        return _of_title(visit, "drivers", archive.chosen(visit, fights)[1])
    return _of_title(visit, *title.chosen(visit))


def _of_title(visit: Visit, kind: str, rows: pl.DataFrame) -> Summary:
    latest = championship.latest(rows)
    question = visit.say("title_odds" if kind == "drivers" else "title_odds_teams", season=latest["season"][0])
    ahead = latest.head(AHEAD).select("name", "probability", "color").rows()
    return Summary(question, texts.date(visit.language, latest["as_of"][0]), _chances(visit, ahead))


def _of_race(visit: Visit) -> Summary:
    season, round_ = race.chosen(visit)
    odds = races.race_odds(visit.tables, season, round_)
    _, stage = race.stages_of(visit, odds)
    event = races.calendar(visit.tables).filter(season=season, round=round_)["event_name"][0]
    question = visit.say("who_wins", event=texts.event(visit.language, event), season=season)
    ahead = odds.filter(stage=stage).head(AHEAD).select("name", "p_win", "color").rows()
    return Summary(question, visit.say(f"stage_{stage}"), _chances(visit, ahead))


def _of_standings(visit: Visit) -> Summary:
    season, _, event = standings.chosen(visit)
    ahead = results.standings(visit.tables, "drivers", season, event["round"]).head(AHEAD)
    most = ahead["points"].max() or 1.0
    return Summary(
        f"{visit.say('standings_drivers')} {season}", texts.date(visit.language, event["event_date"]),
        tuple(
            Row(name, visit.say("points", points=texts.points(visit.language, points)), points / most, color)
            for name, points, color in ahead.select("name", "points", "color").rows()
        ),
    )


def _of_duel(visit: Visit) -> Summary:
    kind, sides = visit.address.kind, duel.chosen(visit)
    whole = duels.whole(duels.common_seasons(visit.tables, kind, *(side["id"] for side in sides)))
    won, of = whole["race_duels_won"], whole["race_duels"]
    when = visit.say("duel_never") if not whole["races"] else visit.say(
        "duel_common", count=whole["races"], first=whole["first"], last=whole["last"]
    )
    ahead = zip(sides, (won, of - won), strict=True) if of else ()
    return Summary(" × ".join(side["name"] for side in sides), when, tuple(
        Row(side["name"], visit.say("duel_ahead", count=count), count / of, duel.color(visit, kind, side["id"]))
        for side, count in ahead
    ))


def _chances(visit: Visit, ahead: Iterable[tuple[str, float, str]]) -> tuple[Row, ...]:
    return tuple(Row(name, texts.percent(visit.language, share), share, color) for name, share, color in ahead)
