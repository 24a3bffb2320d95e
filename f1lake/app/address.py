"""What a page's address says, and the address of what is shown: every view can be shared.

`?tab=archive&season=2008&day=2008-10-19&lang=pt`. An address may come from anybody: whatever is no
known field, or too long, is left out here; whether a season or a driver exists is asked where it is shown.
"""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from f1lake.abt.race_abt import STAGES
from f1lake.app import texts

TABS = ("title", "race", "standings", "what-if", "driver", "team", "duel", "archive", "record", "game", "model")
"""The views in the order of the navigation; the first is the default."""

KINDS = ("drivers", "constructors")
LONGEST, MOST_FIELDS, MOST_IDS = 2000, 20, 40
AN_ID = re.compile(r"[A-Za-z0-9_-]{1,60}")
A_RESULT = re.compile(r"(\d{1,2})\.([A-Za-z0-9_-]{1,60})")
A_PLACE = re.compile(r"(\d{1,2})\.(\d{1,2})\.([A-Za-z0-9_-]{1,60})")
FURTHER_PLACES = range(2, 11)
"""The places behind the winner's that bring points, since 2010."""


@dataclass(frozen=True)
class Address:
    """A view and what is chosen in it; None or empty: the default of the view."""

    tab: str = TABS[0]
    lang: str | None = None
    kind: str = KINDS[0]
    season: int | None = None
    round: int | None = None
    stage: str | None = None
    day: dt.date | None = None
    """The day of a race or sprint, in the archive."""
    who: str | None = None
    """A driver or a team."""
    against: str | None = None
    """The other one of a duel."""
    show: tuple[str, ...] = ()
    """Whose lines the chart has."""
    wins: tuple[tuple[int, str], ...] = ()
    """Of a what-if: (round, winner)."""
    out: tuple[tuple[int, str], ...] = ()
    """Of a what-if: (round, who retires)."""
    places: tuple[tuple[int, int, str], ...] = ()
    """Of a what-if: (round, place, who takes it), from the second place on."""
    embed: bool = False
    """Without header and navigation, for a page that shows this one in a frame."""
    unseen: bool = False
    """The visitor has not seen the last race: the page is that of before it."""

    @property
    def taken(self) -> tuple[tuple[int, int, str], ...]:
        """All places of a what-if, winners' too: (round, place, who takes it)."""
        return tuple(sorted([*((round_, 1, who) for round_, who in self.wins), *self.places]))

    def to(self, **changes: Any) -> str:
        """The address of this view with something else chosen, `?season=2008`; `?` for the first page."""
        given = {name: _written(value) for name, value in (vars(self) | changes).items() if value != DEFAULTS[name]}
        return "?" + urlencode(given, safe=",.")

    def of(self, tab: str, **chosen: Any) -> str:
        """The address of another view, in the same language."""
        return Address(tab=tab, lang=self.lang, embed=self.embed, unseen=self.unseen).to(**chosen)


DEFAULTS = {field.name: field.default for field in fields(Address)}
"""A page has hundreds of addresses: each is written from these alone, without another `Address`."""


def parse(query: str) -> Address:
    """The address that a query string means. Raises nothing: what cannot be meant is the default."""
    try:
        given = dict(parse_qsl(query[:LONGEST].removeprefix("?"), max_num_fields=MOST_FIELDS))
    except ValueError:
        return Address()
    return Address(
        tab=_one_of(TABS, given.get("tab")) or TABS[0],
        lang=_one_of(texts.LANGUAGES, given.get("lang", "")[:2].lower()),
        kind=_one_of(KINDS, given.get("kind")) or KINDS[0],
        season=_number(given.get("season"), 4),
        round=_number(given.get("round"), 2),
        stage=_one_of(STAGES, given.get("stage")),
        day=_day(given.get("day")),
        who=next(iter(_ids(given.get("who"))), None),
        against=next(iter(_ids(given.get("against"))), None),
        show=_ids(given.get("show")),
        wins=_results(given.get("wins")),
        out=_results(given.get("out")),
        places=_places(given.get("places")),
        embed=given.get("embed") == "1",
        unseen=given.get("unseen") == "1",
    )


T = TypeVar("T", int, dt.date)


def nearest(wanted: T | None, known: Sequence[T], default: T) -> T:
    """The one of those known that is nearest to what is wanted; the default where nothing is."""
    return default if wanted is None else min(known, key=lambda one: abs(one - wanted))


def _written(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return ",".join(".".join(map(str, item)) if isinstance(item, tuple) else item for item in value)
    return str(int(value)) if isinstance(value, bool) else str(value)


def _one_of(known: Iterable[str], given: str | None) -> str | None:
    return given if given in set(known) else None


def _number(given: str | None, digits: int) -> int | None:
    return int(given) if re.fullmatch(rf"[0-9]{{1,{digits}}}", given or "") and given else None


def _day(given: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(given or "")
    except ValueError:
        return None


def _ids(given: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(id_ for id_ in (given or "").split(",") if AN_ID.fullmatch(id_)))[:MOST_IDS]


def _results(given: str | None) -> tuple[tuple[int, str], ...]:
    matches = [A_RESULT.fullmatch(result) for result in (given or "").split(",")]
    return tuple(sorted({int(match[1]): match[2] for match in matches if match}.items()))


def _places(given: str | None) -> tuple[tuple[int, int, str], ...]:
    matches = [A_PLACE.fullmatch(place) for place in (given or "").split(",")]
    by_place = {(int(match[1]), int(match[2])): match[3] for match in matches if match}
    return tuple(
        (round_, place, who) for (round_, place), who in sorted(by_place.items()) if place in FURTHER_PLACES
    )
