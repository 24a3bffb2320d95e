import datetime as dt
import threading

import polars as pl
import pytest

from f1lake.app import scenarios
from f1lake.app.live import Snapshot

DAY = dt.date(2026, 3, 15)
ODDS = pl.DataFrame({"title": ["driver"], "entrant_id": ["russell"], "probability": [1.0]})


@pytest.fixture(autouse=True)
def nothing_kept():
    scenarios._odds.cache_clear()


def test_choices_reach_the_model_layer_as_event_keys(monkeypatch: pytest.MonkeyPatch):
    calls = []
    monkeypatch.setattr(scenarios.what_if, "odds", lambda as_of, changes: calls.append((as_of, changes)) or ODDS)
    scenarios.odds(Snapshot("1"), 2026, DAY, ((3, 1, "russell"),), ((3, "antonelli"), (10, "stroll")))
    assert calls == [(DAY, {
        "2026-03": {"places": {1: "russell"}, "retired": ["antonelli"]}, "2026-10": {"retired": ["stroll"]},
    })]


def test_equal_scenarios_are_computed_once_for_each_state_of_the_lake(monkeypatch: pytest.MonkeyPatch):
    calls = []
    monkeypatch.setattr(scenarios.what_if, "odds", lambda as_of, changes: calls.append(changes) or ODDS)
    one, other = Snapshot("1"), Snapshot("1")
    for snapshot in (one, one, other):
        scenarios.odds(snapshot, 2026, DAY, ((3, 1, "russell"),), ())
    assert len(calls) == 2


def test_nobody_wins_and_retires_and_the_models_no_is_passed_on(monkeypatch: pytest.MonkeyPatch):
    def refuse(as_of: dt.date, changes: dict) -> pl.DataFrame:
        raise scenarios.what_if.WhatIfError("round 3 is over")

    monkeypatch.setattr(scenarios.what_if, "odds", refuse)
    with pytest.raises(scenarios.ImpossibleError, match="retires"):
        scenarios.odds(Snapshot("1"), 2026, DAY, ((3, 1, "russell"),), ((3, "russell"),))
    with pytest.raises(scenarios.ImpossibleError, match="round 3 is over"):
        scenarios.odds(Snapshot("1"), 2026, DAY, ((3, 1, "russell"),), ())


def test_one_is_computed_at_a_time_and_few_wait(monkeypatch: pytest.MonkeyPatch):
    go, running, most = threading.Event(), [], []

    def slow(as_of: dt.date, changes: dict) -> pl.DataFrame:
        running.append(1)
        most.append(len(running))
        go.wait(10)
        running.pop()
        return ODDS

    monkeypatch.setattr(scenarios.what_if, "odds", slow)
    outcomes = []

    def ask(round_: int) -> None:
        try:
            scenarios.odds(Snapshot("1"), 2026, DAY, ((round_, 1, "russell"),), ())
            outcomes.append("odds")
        except scenarios.BusyError:
            outcomes.append("busy")
            go.set()

    visitors = [threading.Thread(target=ask, args=(n,)) for n in range(scenarios.MOST_WAITING + 5)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join(20)
    assert outcomes.count("odds") >= scenarios.MOST_WAITING
    assert "busy" in outcomes
    assert max(most) == 1
