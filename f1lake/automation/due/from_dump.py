"""The bulk dump in place of the API: when one is asked for, and which questions it answers.

What does not belong here: downloading and reading it (`upstream/dump/`), and the rules of what is due (`rules.py`).
"""

import datetime as dt
import functools
import json
from dataclasses import dataclass, replace

import dagster as dg
import polars as pl

from f1lake import clock
from f1lake.automation.due.attempts import Attempt, Attempts
from f1lake.automation.due.questions import A_DAY, A_MONTH, OUTCOME_WITHIN, Question, is_due
from f1lake.automation.due.stored import CALENDAR, CONSTRUCTORS, DRIVERS, RESULTS, Stored
from f1lake.partitions import EVENT_KEY
from f1lake.raw.dump_differences import differing
from f1lake.raw.plausible import EVENT
from f1lake.raw.session_results import REGISTERED
from f1lake.settings import settings
from f1lake.storage import files
from f1lake.storage.lake import uri
from f1lake.upstream.dump.kept import ask_for, kept
from f1lake.upstream.failures import DumpUnusableError

DUMP = "dump"
"""The name of the question, as if it were a table."""
DIFFERING = "dump/differing.json"
SESSIONS = {
    "season": pl.Int32, "round": pl.Int32, "session": pl.String, "circuitId": pl.String, "raceDate": pl.Date
}  # fmt: skip


@dataclass(frozen=True)
class Dumped:
    """What a dump can answer, in terms of the lake's calendar: partitions of raw by kind of question."""

    calendars: frozenset[str] = frozenset()
    """Seasons before the current one, whose calendar may have changed since."""
    sessions: frozenset[tuple[str, str]] = frozenset()
    """Events and sessions whose circuit and day are those of the calendar."""
    standings: frozenset[str] = frozenset()
    """Seasons in which every event matches the calendar."""
    differing: tuple[str, ...] = ()
    """The events and seasons in which it differs from the lake."""

    @property
    def events(self) -> frozenset[str]:
        """Events with race results."""
        return frozenset(event for event, session in self.sessions if session == "Race")

    def answers(self, question: Question, stored: Stored) -> bool:
        """Whether it has what a question asks for, of every partition, and the lake has none of it."""
        keys = set(question.keys)
        if question.table == CALENDAR:
            return self.calendars >= keys and not keys & stored.of(CALENDAR)
        if question.table in (DRIVERS, CONSTRUCTORS):
            return self.standings >= keys and not keys & stored.of(question.table)
        wanted = {(key, question.session or "Race") for key in keys}
        there = set(stored.sessions.iter_rows()) if question.table == RESULTS else stored.of(question.table)
        return self.sessions >= wanted and not (wanted if question.table == RESULTS else keys) & there


def dumped(stored: Stored, attempts: Attempts) -> Dumped:
    """What the kept dump can answer; nothing before the first download."""
    was = attempts.get(f"{DUMP} newest")
    if was is None or settings().recording is not None:
        return Dumped()
    sessions, differ = _known(was)
    own = sessions.with_columns(event=EVENT_KEY).join(
        stored.calendar, on=[*EVENT, *REGISTERED], how="semi"
    )
    strange = sessions.join(own, on=EVENT, how="anti")
    return Dumped(
        frozenset(str(season) for season in sessions["season"].unique() if season < clock.now().year),
        frozenset(own.select("event", "session").iter_rows()),
        frozenset(map(str, set(own["season"]) - set(strange["season"]))),
        differ,
    )


def with_dump(
    questions: list[Question], stored: Stored, attempts: Attempts, dump: Dumped, now: dt.datetime
) -> list[Question]:
    """The due questions, those that the dump answers marked; a new dump alone before history, or if nothing is due.

    One is asked for once a month; once a day while there is none and the lake lacks history.
    """
    marked = [m for question in questions if (m := _marked(question, stored, attempts, dump, now))]
    if settings().recording is not None:
        return marked
    newest = Question(DUMP, "newest", (str(now.year),), "the whole history, and its corrections")
    wants_history, was = lacks_history(stored, now), attempts.get(newest.name)
    pause = A_DAY if wants_history and not dump.calendars else A_MONTH
    if (wants_history or not questions) and is_due(newest, attempts, now - pause, now):
        return [newest]
    is_coming = was is not None and was.is_open
    return [] if wants_history and is_coming else marked  # else the API would be asked for what the dump brings


def lacks_history(stored: Stored, now: dt.datetime) -> bool:
    """Whether the lake lacks the results of a whole finished season."""
    there = {int(key[:4]) for key in stored.of(RESULTS)}
    return not set(range(settings().from_season, now.year)) <= there


def _marked(question: Question, stored: Stored, attempts: Attempts, dump: Dumped, now: dt.datetime) -> Question | None:
    """The question to the dump if it has the answer, under a name of its own: the API was not asked by it.

    To the API where the dump was asked in vain; none while it is being asked.
    """
    to_dump = replace(question, about=f"{question.about} from the dump", is_for_dump=True)
    if not dump.answers(question, stored):
        return question
    was = attempts.get(to_dump.name)
    if was is None:
        return to_dump
    return None if was.is_open and now < was.at + OUTCOME_WITHIN else question


@dg.op(name=DUMP, description="Downloads the newest free dump, keeps it, and notes where it differs from raw.")
def bring_dump(context: dg.OpExecutionContext) -> None:
    """Download the newest free dump. If it is unavailable or unusable nothing fails, because the API has the same data.
    """
    try:
        dump = ask_for()
        context.add_output_metadata({"made_at": dump.made_at.isoformat(), "path": dg.MetadataValue.path(dump.archive)})
        differ = differing(dump)
    except DumpUnusableError as error:
        context.log.warning(str(error))
        return
    files.put(uri(DIFFERING), json.dumps({"dump": dump.file_hash, "differing": differ}).encode())
    if differ:
        context.log.info(f"the dump says something else of {', '.join(differ)}")


@functools.lru_cache(maxsize=2)
def _known(was: Attempt) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The sessions of the kept dump and its differences from raw, read once per download."""
    dump = kept()
    try:
        sessions = dump.sessions if dump else pl.DataFrame(schema=SESSIONS)
    except DumpUnusableError:
        return pl.DataFrame(schema=SESSIONS), ()
    noted = json.loads(files.get(uri(DIFFERING)) or b"{}")
    return sessions, tuple(noted["differing"]) if dump and noted.get("dump") == dump.file_hash else ()
