"""Turns what is due into runs that request it, in the same way for the sensor and for `f1lake collect`.

What does not belong here: the rules of what is due (`rules.py`), and starting runs (`sensors.py`, `runs.py`).
"""

import datetime as dt
import itertools
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import dagster as dg

from f1lake import clock
from f1lake.automation import jobs
from f1lake.automation.due import attempts
from f1lake.automation.due.f1db import due_of_f1db, is_of_f1db
from f1lake.automation.due.from_dump import DUMP, dumped, with_dump
from f1lake.automation.due.questions import Question
from f1lake.automation.due.rules import due, first
from f1lake.automation.due.stored import (
    CALENDAR,
    CONSTRUCTORS,
    DRIVERS,
    LIVE_TIMING,
    RELEASED,
    RESULTS,
    SESSION_FILES,
    Stored,
    look,
)
from f1lake.partitions import EVENT_KEY, registered_ranges
from f1lake.raw import laps, pit_stops
from f1lake.raw.session_results import SESSIONS_TAG
from f1lake.upstream.session import FROM_DUMP

JOBS = {
    DUMP: jobs.collect_dump,
    CALENDAR: jobs.collect_calendar, RESULTS: jobs.collect_results, DRIVERS: jobs.collect_standings,
    CONSTRUCTORS: jobs.collect_standings, pit_stops.TABLE: jobs.collect_pit_stops, laps.TABLE: jobs.collect_laps,
    **dict.fromkeys(LIVE_TIMING, jobs.collect_live_timing), **dict.fromkeys(RELEASED, jobs.collect_f1db),
    SESSION_FILES: jobs.collect_f1db_sessions,
}  # fmt: skip
"""The job that collects a table."""
UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@dataclass(frozen=True)
class Span:
    """A range of partitions, and the keys that are in it."""

    start: str
    end: str
    keys: frozenset[str]


@dataclass(frozen=True)
class Run:
    """A run that asks: some tables of a job, over a range of partitions."""

    job: str
    tables: tuple[str, ...]
    start: str
    end: str
    claim: str
    tags: dict[str, str]

    @property
    def assets(self) -> list[dg.AssetKey] | None:
        """Its tables as assets; None for a dump, which is no asset."""
        return None if self.tables == (DUMP,) else [dg.AssetKey(table.split("/")) for table in self.tables]


@dataclass(frozen=True)
class Plan:
    """What is due, and what was known when that was decided."""

    stored: Stored
    attempts: attempts.Attempts
    tag: str | None
    """The version of the file of what was asked."""
    questions: list[Question]

    @property
    def next(self) -> list[Question]:
        """The questions to ask together now."""
        return first(self.questions)

    def claimed(self, registered: Sequence[str]) -> list[Run]:
        """The runs for what comes first, claimed for this machine; none where another was quicker."""
        asking = [(group, _claims(group, registered)) for group in _together(self.next)]
        names = {
            question.name: claim
            for group, claims in asking
            for span, claim in claims.items()
            for question in group
            if not span.keys.isdisjoint(question.keys)
        }
        if not names or not attempts.claim(names, self.attempts, self.tag):
            return []
        return [_run(claim, span, group) for group, claims in asking for span, claim in claims.items()]


def plan(
    instance: dg.DagsterInstance | None, laps_from: int | None = None, tried: Collection[str] | None = None
) -> Plan:
    """What is due on this lake: for a person if `tried` is given, else for the sensor.

    `tried` names the questions that this person has asked already. Only these wait out the pause after a failure. The
    others are asked at once, also if the command that asked them was killed, unless a run is still asking them:
    `instance` knows its runs. Without it, a claimed question counts as being asked.
    """
    now = clock.now()
    known, tag = attempts.read()
    stored = look(now, _corrected(known))
    circuits = dict(stored.calendar.select(EVENT_KEY.alias("event"), "circuitId").rows())
    known = {name: was for name, was in known.items() if not _is_of_no_event(name, circuits)}
    valid = {name: was for name, was in known.items() if not _is_void(instance, name, was, tried)}
    return Plan(stored, known, tag, questions_due(stored, valid, now, laps_from))


def questions_due(
    stored: Stored, known: attempts.Attempts, now: dt.datetime, laps_from: int | None = None
) -> list[Question]:
    """What is due by `rules.py`. Where the kept dump or a new one has the answer, it replaces the API."""
    dump = dumped(stored, known)
    others = {name: was for name, was in known.items() if not is_of_f1db(name)}
    questions = with_dump(
        due(stored, others, now, laps_from, dump.differing, dump.events), stored, others, dump, now
    )
    return [*questions, *due_of_f1db(stored, known, now)]


def range_tags(start: str, end: str) -> dict[str, str]:
    """The tags of one run over a range of partitions: those that Dagster needs, and those that people filter by."""
    season, event = (a if a == b else f"{a}…{b}" for a, b in [(start[:4], end[:4]), (start, end)])
    for_people = {"f1lake/season": season} | ({"f1lake/race_event": event} if "-" in start else {})
    return {"dagster/asset_partition_range_start": start, "dagster/asset_partition_range_end": end} | for_people


def _is_void(
    instance: dg.DagsterInstance | None, name: str, was: attempts.Attempt, tried: Collection[str] | None
) -> bool:
    """Whether a question is as good as never asked: its run was lost before it began, or a person asks again."""
    is_new_to_person = tried is not None and name not in tried
    if not was.is_open:
        return is_new_to_person and was.failing is not None
    if instance is None or was.by != attempts.machine():
        return False
    of_claim = {attempts.CLAIM_TAG: was.claim}
    if instance.get_runs_count(dg.RunsFilter(tags=of_claim, statuses=UNFINISHED)):
        return False
    return is_new_to_person or not instance.get_runs_count(dg.RunsFilter(tags=of_claim))


def _is_of_no_event(name: str, circuits: Mapping[str, str]) -> bool:
    """Whether a question was about a round that now belongs to another circuit in the calendar."""
    event, circuit = name.split()[1], name.split()[-1]
    return event in circuits and circuit not in (event, "dump", circuits[event])


def _corrected(questions: attempts.Attempts) -> set[int]:
    """The seasons of which single sessions or events were requested."""
    about = [name.split()[1] for name in questions if name.startswith(f"{RESULTS} ")]
    return {int(event[:4]) for event in about if "-" in event}


def _together(questions: Iterable[Question]) -> list[list[Question]]:
    """The questions that runs ask together: those of a job for the same tables and sessions."""
    of_partition: defaultdict[tuple[str, str, bool], list[Question]] = defaultdict(list)
    for question in questions:
        for key in question.keys:
            of_partition[JOBS[question.table].name, key, question.is_for_dump].append(question)
    groups: defaultdict[tuple[object, ...], list[Question]] = defaultdict(list)
    for (job, _, is_for_dump), asked_for in of_partition.items():
        tables = tuple(dict.fromkeys(question.table for question in asked_for))
        kind = (job, tables, _only(asked_for), is_for_dump)
        groups[kind] += [question for question in asked_for if question not in groups[kind]]
    return [*groups.values()]


def _only(questions: Iterable[Question]) -> str | None:
    """The sessions that a run asks for, `Race,Sprint`; None where it is for whole weekends, as those of history are."""
    sessions = {question.session for question in questions}
    return None if None in sessions or sessions >= {"Race", "Qualifying"} else ",".join(sorted(map(str, sessions)))


def _claims(group: Iterable[Question], registered: Sequence[str]) -> dict[Span, str]:
    """The ranges of partitions of some questions, each with its claim.

    What comes of one range is nothing that another one knows: only those that share a question share a claim.
    """
    keys = sorted({key for question in group for key in question.keys})
    ranges = registered_ranges(keys, registered) if "-" in keys[0] else season_ranges(map(int, keys))
    order = registered if "-" in keys[0] else keys
    spans = [Span(a, b, frozenset(order[order.index(a) : order.index(b) + 1])) for a, b in ranges]
    claims = {span: uuid.uuid4().hex for span in spans}
    for question in group:
        joined = [claim for span, claim in claims.items() if not span.keys.isdisjoint(question.keys)]
        claims = {span: joined[0] if claim in joined else claim for span, claim in claims.items()}
    return claims


def _run(claim: str, span: Span, group: list[Question]) -> Run:
    """The run that asks some questions together over a range of partitions."""
    of_span = [question for question in group if not span.keys.isdisjoint(question.keys)]
    tables = tuple(dict.fromkeys(question.table for question in of_span))
    sessions = {SESSIONS_TAG: only} if (only := _only(of_span)) else {}
    source = FROM_DUMP if group[0].is_for_dump else {}
    tags = sessions | source | {attempts.CLAIM_TAG: claim, "f1lake/reason": of_span[0].reason}
    return Run(JOBS[tables[0]].name, tables, span.start, span.end, claim, range_tags(span.start, span.end) | tags)


def season_ranges(seasons: Iterable[int]) -> list[tuple[str, str]]:
    """The fewest ranges of years that hold exactly these."""
    groups = itertools.groupby(enumerate(sorted(set(seasons))), key=lambda pair: pair[1] - pair[0])
    spans = [[season for _, season in group] for _, group in groups]
    return [(str(span[0]), str(span[-1])) for span in spans]
