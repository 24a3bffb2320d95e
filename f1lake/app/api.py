"""The API, Gradio's own: the page's odds as JSON, and the same functions as tools for assistants (MCP).

How to call it stands in docs/app.md. The docstrings of the functions are what an assistant reads of them.
"""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

import polars as pl

from f1lake.app import scenarios
from f1lake.app.address import KINDS, parse
from f1lake.app.lean_gradio import api, gr
from f1lake.app.live import Live, Snapshot
from f1lake.app.queries import championship, duels, races, results
from f1lake.app.queries.search import search_results

ODDS = [
    "season", "as_of", "event_name", "is_sprint", "id", "full_name", "team", "probability", "probability_low",
    "probability_high", "change", "points", "model_version", "made_at",
]
RACE_ODDS = [
    "season", "round", "stage", "id", "full_name", "team", "grid", "p_win", "p_podium", "p_points", "finished",
    "model_version", "made_at",
]
STANDINGS = ["position", "id", "name", "team", "points", "points_gap", "wins", "points_attainable", "can_win_title"]
NEWEST = "latest"

Rows = list[dict[str, Any]]


def offer(live: Live) -> None:
    """Add the endpoints to the blocks that are being built. All run at once, without Gradio's queue: each is cheap,
    and what-ifs have their own, short one (`scenarios`).
    """

    def title_odds(season: int, kind: str = "drivers") -> Rows:
        """The probability of winning the Formula 1 title, day by day of a season, one row a day and driver or team.

        `as_of` is the day of a race or sprint (1 January: before the season); the odds know nothing later than that
        day. `probability` is a share of 1, with its 90 % bounds; `change` is since the day before. These are some
        hundred rows: `title_odds_on` gives those of one day.

        Args:
            season: year of the championship, such as 2026 (odds are there from 1975 on).
            kind: either `drivers` or `constructors`.
        """
        titles = _there(live).titles.get(kind) if kind in KINDS else None
        if titles is None:
            raise _refused(f"kind is one of {', '.join(KINDS)}")
        rows = titles.filter(pl.col("season") == _whole(season))
        if rows.is_empty():
            known = championship.seasons(titles)
            raise _refused(f"there are odds for the seasons {known[-1]} to {known[0]}")
        return _json(rows.select(ODDS))

    def title_odds_on(season: int, kind: str = "drivers", day: str = NEWEST) -> Rows:
        """Who wins the Formula 1 title, as it was known on one day: one row a driver or team, the likeliest first.

        The columns are those of `title_odds`. With `latest` and the season under way this is the answer for today.

        Args:
            season: year of the championship, such as 2026.
            kind: either `drivers` or `constructors`.
            day: day of a race or sprint, such as 2008-10-19, or `latest` for the newest of the season.
        """
        rows = title_odds(season, kind)
        days = sorted({row["as_of"] for row in rows})
        of_day = [row for row in rows if row["as_of"] == (days[-1] if day == NEWEST else day)]
        if not of_day:
            raise _refused(f"there are odds on these days: {', '.join(days)}")
        return of_day

    def race_odds(season: int, round: int) -> Rows:
        """The chances of each driver in a Formula 1 race: to win it, to reach the podium, to score points.

        One row a `stage` and driver: before_qualifying, after_practice, qualifying (its order known), grid (penalties
        in). Of a race that was held, `finished` is the place that came of it.

        Args:
            season: year of the championship, such as 2026.
            round: number of the race in the season's calendar, from 1.
        """
        tables = _there(live).tables
        frame = races.race_odds(tables, _whole(season), _whole(round)) if "odds/race_odds" in tables else pl.DataFrame()
        if frame.is_empty():
            raise _refused("there are no odds for this race")
        return _json(frame.select(RACE_ODDS))

    def what_if(wins: str = "", out: str = "") -> Rows:
        """The title odds of the season under way, if races still to come end as supposed; simulated in half a second.

        One row a `title` (driver, constructor) and entrant: `probability`, `probability_published` (as it stands now)
        and `change`. Drivers are named by their ids, which `search` finds. Too many at once are told to come again.

        Args:
            wins: who wins which race, as round.driver, or takes place 2 to 10 of it, as round.place.driver:
                `10.russell,10.2.antonelli,11.hamilton`.
            out: who retires from which race, one a race: `12.antonelli`.
        """
        snapshot = _there(live)
        latest = championship.latest(snapshot.titles["drivers"])
        chosen = parse(urlencode({"wins": _text(wins), "places": wins, "out": _text(out)}))
        try:
            odds = scenarios.odds(snapshot, latest["season"][0], latest["as_of"][0], chosen.taken, chosen.out)
        except scenarios.BusyError:
            raise _refused("too many ask at once: try again in a few seconds") from None
        except scenarios.ImpossibleError as error:
            raise _refused(str(error)) from None
        return _json(odds)

    def standings(season: int, round: int, kind: str = "drivers") -> Rows:
        """A Formula 1 championship after a round, by the rules of its season: place, points, gap to the leader, wins.

        Of drivers also `points_attainable` (all that is left, won) and `can_win_title`, as of that day.

        Args:
            season: year of the championship, from 1950 (constructors: from 1958).
            round: number of the race after which the standings are wanted; 0 for the last one held.
            kind: either `drivers` or `constructors`.
        """
        tables = _there(live).tables
        if kind not in KINDS or results.ENTRANTS[kind][0] not in tables:
            raise _refused(f"kind is one of {', '.join(KINDS)}")
        held = results.rounds(tables, _whole(season))["round"].to_list()
        if not held:
            known = results.seasons(tables)
            raise _refused(f"there are standings for the seasons {known[-1]} to {known[0]}")
        frame = results.standings(tables, kind, season, _whole(round) or held[-1])
        if frame.is_empty():
            raise _refused(f"there are no standings of {kind} after this round")
        return _json(frame.select(STANDINGS))

    def duel(one: str, other: str, kind: str = "drivers") -> Rows:
        """Two drivers or two teams against each other, over the races that both started, one row a season.

        `race_duels` are the races in which both were classified, `race_duels_won` those that the first finished ahead;
        likewise in qualifying and on the grid. Wins, podiums, poles and points of these races: the first's, and the
        other's under `…_other`. No rows: they never started the same race.

        Args:
            one: id of the first, which `search` finds: `senna`.
            other: id of the other: `prost`.
            kind: either `drivers` or `constructors`.
        """
        tables = _there(live).tables
        if kind not in KINDS or duels.ENTRANTS[kind][1] not in tables:
            raise _refused(f"kind is one of {', '.join(KINDS)}")
        for id_ in (_text(one), _text(other)):
            if duels.career(tables, kind, id_) is None:
                raise _refused(f"there is no {id_!r} among the {kind}: search by a part of the name")
        return _json(duels.common_seasons(tables, kind, one, other))

    def search(words: str) -> Rows:
        """Find Formula 1 drivers and teams since 1950 by parts of their names, accents or not; gives their ids.

        One row each, the most successful first: `tab` (driver or team), `id`, `name`, first and last season.

        Args:
            words: parts of a name, such as `senna` or `ralf schu`.
        """
        return _json(search_results(_there(live).tables, _text(words)))

    for function in (title_odds, title_odds_on, race_odds, what_if, standings, duel, search):
        api(function, queue=False)


def _refused(why: str) -> gr.Error:
    return gr.Error(why, print_exception=False)


def _there(live: Live) -> Snapshot:
    if live.snapshot.problem:
        raise _refused("there are no odds yet")
    return live.snapshot


def _whole(given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given < 10_000:
        raise _refused("season and round are whole numbers, such as 2026 and 10")
    return given


def _text(given: Any) -> str:
    if not isinstance(given, str):
        raise _refused("names and results are texts, such as senna, and 10.russell,11.hamilton")
    return given


def _json(rows: pl.DataFrame) -> Rows:
    return [
        {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in row.items()}
        for row in rows.to_dicts()
    ]
