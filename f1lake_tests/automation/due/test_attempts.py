"""What was asked, in the lake: claimed by one of many, and what came of it noted by the run that asked."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from f1lake import clock
from f1lake.automation import jobs
from f1lake.automation.due import attempts, planner
from f1lake.automation.due.outstanding import requests_left
from f1lake.automation.due.questions import Question
from f1lake.automation.due.stored import RESULTS
from f1lake.upstream.failures import BudgetSpentError, SourceChangedError, UnavailableError, raise_one_of
from f1lake.upstream.progress import report
from f1lake_tests.automation.due.two_weekends import A_MINUTE, RACE, calendar, failed, stored

NAME = "raw/laps 2026-09 silverstone"


@pytest.fixture(autouse=True)
def sunday(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("F1LAKE_NOW", "2026-07-05T18:00:00Z")


def test_of_many_who_claim_at_once_one_does() -> None:
    for round_ in range(5):
        known = attempts.read()
        with ThreadPoolExecutor(8) as pool:
            claimed = list(pool.map(lambda i, k=known: attempts.claim({NAME: f"claim {i}"}, *k), range(8)))
        assert sum(claimed) == 1
        found, _ = attempts.read()
        assert found[NAME].claim == f"claim {claimed.index(True)}"
        assert found[NAME].number == round_ + 1


def test_what_was_asked_months_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    assert attempts.claim({"raw/laps 2026-01 albert_park": "a"}, *attempts.read())
    monkeypatch.setenv("F1LAKE_NOW", "2026-09-05T18:00:00Z")
    assert attempts.claim({NAME: "b"}, *attempts.read())
    assert set(attempts.read()[0]) == {NAME}


def collected(error: Exception | None) -> attempts.Attempt:
    """What is noted after a run of the question that fails so, or does not."""

    @dg.asset(key=["raw", "laps"])
    def laps() -> None:
        if error:
            raise error

    job = dg.define_asset_job("collect", [laps], hooks=jobs.NOTED)
    resolved = dg.Definitions(assets=[laps], jobs=[job]).resolve_job_def("collect")
    with dg.DagsterInstance.ephemeral() as instance:
        assert attempts.claim({NAME: "mine", "raw/pit_stops 2026-09 silverstone": "other"}, *attempts.read())
        resolved.execute_in_process(instance=instance, raise_on_error=False, tags={attempts.CLAIM_TAG: "mine"})
    found, _ = attempts.read()
    assert found["raw/pit_stops 2026-09 silverstone"].is_open, "another's"
    assert not found[NAME].is_open
    return found[NAME]


def test_a_failure_is_noted_with_growing_pauses_until_an_answer() -> None:
    failures = [collected(UnavailableError("laps", "the service failed (status 503)")).failing for _ in range(12)]
    pauses = [(failing.again_at - clock.now()).total_seconds() / 60 for failing in failures if failing]
    assert pauses[:4] == [5, 10, 20, 40]
    assert pauses[-1] == 24 * 60, "laps are optional: once a day at last"
    last = failures[-1]
    assert last is not None
    assert (last.times, last.error, last.is_temporary, last.since) == (12, "UnavailableError", True, clock.now())
    assert collected(None).failing is None


def test_a_time_that_the_budget_names_is_kept_and_a_failure_for_good_is_none_for_now() -> None:
    failing = collected(BudgetSpentError("laps", "the limit is reached", 1234)).failing
    assert failing is not None
    assert (failing.again_at - clock.now()).total_seconds() == 1234
    failing = collected(SourceChangedError("laps", "another shape")).failing
    assert failing is not None
    assert (failing.is_temporary, failing.times) == (False, 2)


def test_of_a_collection_that_stored_the_rest_only_what_failed_is_asked_again() -> None:
    sessions = ("2026-09 Race", "2026-09 Qualifying", "2026-08 Qualifying")
    race, qualifying, other = (f"raw/session_results {session} silverstone" for session in sessions)

    @dg.asset(key=["raw", "session_results"])
    def session_results() -> None:
        raise_one_of({"Qualifying 2026-09": UnavailableError("Qualifying", "the service failed (status 503)")})

    job = dg.define_asset_job("collect", [session_results], hooks=jobs.NOTED)
    resolved = dg.Definitions(assets=[session_results], jobs=[job]).resolve_job_def("collect")
    with dg.DagsterInstance.ephemeral() as instance:
        assert attempts.claim(dict.fromkeys((race, qualifying, other), "mine"), *attempts.read())
        resolved.execute_in_process(instance=instance, raise_on_error=False, tags={attempts.CLAIM_TAG: "mine"})
    found, _ = attempts.read()
    assert {name: was.failing is not None for name, was in found.items()} == {
        race: False, qualifying: True, other: False
    }
    assert not any(was.is_open for was in found.values())


@pytest.mark.parametrize(
    ("name", "part", "is_about"),
    [
        ("raw/session_results 2026-09 Race silverstone", "Race 2026-09", True),
        ("raw/session_results 2026-09 Race silverstone", "Sprint 2026-09", False),
        ("raw/session_results 2026-09 dump", "Sprint 2026-09", True),
        ("raw/session_results 1996", "Race 1996-04", True),
        ("raw/laps 2026-09 silverstone", "2026-09", True),
        ("raw/laps 2026-08 silverstone", "2026-09", False),
        ("raw/driver_standings 1996 dump", "1996", True),
        ("raw/event_schedule history", "1996", True),
    ],
)
def test_questions_are_told_by_the_parts_of_a_collection(name: str, part: str, is_about: bool) -> None:
    assert attempts.is_about(name, part) == is_about


def test_a_claim_is_renewed_while_pages_come(monkeypatch: pytest.MonkeyPatch) -> None:
    claimed_at: list[str] = []

    @dg.asset(key=["raw", "laps"])
    def laps() -> None:
        for minute in (0, 9, 11, 20, 59):
            monkeypatch.setenv("F1LAKE_NOW", f"2026-07-05T18:{minute:02d}:00Z")
            report("laps", 1, 12)
            claimed_at.append(f"{attempts.read()[0][NAME].at:%M}")

    resolved = dg.Definitions(assets=[laps], jobs=[dg.define_asset_job("collect", [laps])]).resolve_job_def("collect")
    assert attempts.claim({NAME: "of a long run"}, *attempts.read())
    with dg.DagsterInstance.ephemeral() as instance:
        resolved.execute_in_process(instance=instance, tags={attempts.CLAIM_TAG: "of a long run"})
    assert claimed_at == ["00", "00", "11", "11", "59"]


def planned(*questions: Question) -> planner.Plan:
    return planner.Plan(stored(), *attempts.read(), [*questions])


def of_race(*rounds: int) -> Question:
    keys = tuple(f"2026-{round_:02d}" for round_ in rounds)
    return Question(RESULTS, f"{keys[0]} Race ring", keys, "not in the lake", "Race")


REGISTERED = [f"2026-{round_:02d}" for round_ in range(1, 9)]


def test_each_range_of_events_has_a_claim_of_its_own_unless_they_share_a_question() -> None:
    runs = planned(of_race(3), of_race(4), of_race(7)).claimed(REGISTERED)
    assert [(run.start, run.end) for run in runs] == [("2026-03", "2026-04"), ("2026-07", "2026-07")]
    found, (first, second) = attempts.read()[0], [run.claim for run in runs]
    assert first != second
    assert [found[of_race(round_).name].claim for round_ in (3, 4, 7)] == [first, first, second]
    runs = planned(of_race(1, 5), of_race(7)).claimed(REGISTERED)
    assert [(run.start, run.claim == runs[0].claim) for run in runs] == [
        ("2026-01", True), ("2026-05", True), ("2026-07", False)
    ]  # fmt: skip


def test_of_two_runs_of_one_claim_the_failure_of_one_outlasts_the_others_answer() -> None:
    failures: list[Exception] = [UnavailableError("laps", "the service failed (status 503)")]

    @dg.asset(key=["raw", "laps"])
    def laps() -> None:
        while failures:
            raise failures.pop()

    job = dg.define_asset_job("collect", [laps], hooks=jobs.NOTED)
    resolved = dg.Definitions(assets=[laps], jobs=[job]).resolve_job_def("collect")
    assert attempts.claim({NAME: "mine"}, *attempts.read())
    with dg.DagsterInstance.ephemeral() as instance:
        for _ in range(2):
            resolved.execute_in_process(instance=instance, raise_on_error=False, tags={attempts.CLAIM_TAG: "mine"})
    assert attempts.read()[0][NAME].failing


def test_a_person_is_told_what_failed_as_still_to_be_collected(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("F1LAKE_FROM_SEASON", "2026")
    as_stored = calendar().with_columns(pl.col("season", "round").cast(pl.Int32))
    monkeypatch.setattr(planner, "look", lambda *_: stored(("2026-01", "Qualifying"), calendar=as_stored))
    race, now = f"{RESULTS} {RACE}", clock.now()
    attempts._write({race: failed(now, now + 5 * A_MINUTE)}, None)
    for_daemon, for_person = ({q.name for q in planner.plan(None, tried=who).questions} for who in (None, ()))
    assert race in for_person
    assert race not in for_daemon
    assert requests_left()["results"] > 0
