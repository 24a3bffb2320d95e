"""What the sensor asks for, tick by tick, without a daemon."""

from collections.abc import Callable

import dagster as dg
import pytest

from f1lake import clock
from f1lake.automation import sensors
from f1lake.automation.due import attempts
from f1lake.runs import definitions
from f1lake.storage.raw_io import RawIOManager
from f1lake.upstream import budget
from f1lake_tests import ticks
from f1lake_tests.recorded_upstream import UpstreamServer
from f1lake_tests.storage.ceph import Gateway
from f1lake_tests.storage.s3_proxy import proxy_of
from f1lake_tests.upstream.conftest import recorded
from f1lake_tests.upstream.small import Json, race, rows, standings

__all__ = ["recorded"]


@pytest.fixture
def instance(recorded: Callable[[list[Json]], None], monkeypatch: pytest.MonkeyPatch):
    """A Dagster instance for a lake of 2001 alone; the recording knows that season only."""
    monkeypatch.setenv("F1LAKE_NOW", "2001-05-07T10:00:00Z")
    monkeypatch.setenv("F1LAKE_FROM_SEASON", "2001")
    monkeypatch.setattr("f1lake.automation.due.rules.missing_calendars", lambda *_: [])
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def tick(instance: dg.DagsterInstance, runs_succeed: bool = True) -> list[str]:
    """One evaluation of the sensor and the runs that it asks for, which all end so; what they collect."""
    ended = ticks.tick(instance)
    assert {success for _, success in ended} <= {runs_succeed}, ended
    return [job.removeprefix("collect_") for job, _ in ended]


def weekend(round_: int, date: str, circuit: str = "ring") -> Json:
    return race(2001, round_, date, circuit=circuit, results=rows(5), driverStandings=standings(5))


FIRST = [["calendar"], ["results"], ["standings"], ["laps"]]


def test_results_come_first_then_standings_and_the_rest_in_runs_of_their_own(recorded, instance) -> None:
    recorded([weekend(1, "2001-05-05")])
    assert [tick(instance) for _ in range(5)] == [*FIRST, []]


def circuit_of(key: str) -> str:
    rows = RawIOManager().read_one("raw/session_results", key)
    assert rows is not None
    return rows["circuitId"][0]


def test_a_round_that_became_another_event_has_the_calendar_asked_for_and_is_replaced_not_removed(
    recorded, instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A race before it is restored: until it is collected the file of the other stays, as nobody's."""
    recorded([weekend(1, "2001-05-05")])
    assert [tick(instance) for _ in range(5)] == [*FIRST, []]
    restored = [race(2001, 1, "2001-05-04", circuit="street"), weekend(2, "2001-05-05")]
    recorded(restored)
    monkeypatch.setenv("F1LAKE_NOW", "2001-05-08T10:00:00Z")
    assert tick(instance, runs_succeed=False) == ["results"], "a correction's day: round 1 is another event"
    assert [tick(instance) for _ in range(2)] == [["calendar"], ["results"]]
    assert (circuit_of("2001-01"), circuit_of("2001-02")) == ("ring", "ring"), "the street's is not published yet"
    recorded([weekend(1, "2001-05-04", circuit="street"), restored[1]])
    monkeypatch.setenv("F1LAKE_NOW", "2001-05-10T10:00:00Z")
    assert ["results"] in [tick(instance) for _ in range(5)]
    assert (circuit_of("2001-01"), circuit_of("2001-02")) == ("street", "ring")
    assert not any(was.failing for was in attempts.read()[0].values())
    assert tick(instance) == []


def test_the_lake_is_looked_at_less_often_until_the_next_session_ends(
    recorded, instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, looks = [1000.0], []
    monkeypatch.setattr(sensors.time, "monotonic", lambda: at[0])
    plan = sensors.planner.plan
    monkeypatch.setattr(sensors.planner, "plan", lambda instance: looks.append(at[0]) or plan(instance))
    recorded([weekend(1, "2001-05-05") | {"qualifying": rows(5)}, weekend(2, "2001-05-12")])
    while tick(instance):
        pass
    first = len(looks)
    for _ in range(2 * sensors.QUIET_S // sensors.TICK_S):
        at[0] += sensors.TICK_S
        assert tick(instance) == []
    assert len(looks) - first == 2
    monkeypatch.setenv("F1LAKE_NOW", "2001-05-12T23:00:00Z")
    assert tick(instance) == ["calendar"], "at once when the session has ended; after days away the calendar first"


def test_a_failed_run_is_requested_again_ever_more_rarely_and_a_canceled_one_is_not(
    recorded, instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded([weekend(1, "2001-05-05")])
    while tick(instance):
        pass
    moved_s, real = [sensors.SETTLED_AFTER_S], clock.real_time
    monkeypatch.setattr(sensors.in_charge, "LEASE_S", 10**8)
    monkeypatch.setattr(clock, "real_time", lambda: real() + moved_s[0])
    cursor: list[str | None] = [None]

    def follow() -> dg.SensorResult:
        with dg.build_sensor_context(instance=instance, cursor=cursor[0]) as context:
            result = sensors.raw_to_season_sensor(context)
        assert isinstance(result, dg.SensorResult)
        cursor[0] = result.cursor
        return result

    def requested() -> dg.DagsterRun:
        [request] = follow().run_requests or []
        job, tags = definitions().resolve_job_def(str(request.job_name)), dict(request.tags)
        return instance.create_run_for_job(job, tags=tags | {"dagster/sensor_name": "raw_to_season_sensor"})

    runs = []
    for hours in (1, 2, 4):
        runs.append(requested())
        instance.report_run_failed(runs[-1])
        moved_s[0] = 3600 * hours - 60
        assert runs[-1].run_id in str(follow().skip_reason)
        moved_s[0] = 3600 * hours + 60
    runs.append(requested())
    assert len({run.tags["dagster/asset_partition_range_start"] for run in runs}) == 1
    instance.report_run_canceled(runs[-1])
    moved_s[0] += 1_000_000
    assert "canceled" in str(follow().skip_reason)


def test_laps_that_fail_for_two_days_hold_nothing_up_and_come_by_themselves(
    upstream_server: UpstreamServer, lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("F1LAKE_UPSTREAM", upstream_server.address)
    monkeypatch.setenv("F1LAKE_FROM_SEASON", "2026")
    monkeypatch.setenv("F1LAKE_REQUESTS_PER_HOUR", "100000")
    monkeypatch.setattr(budget, "INTERVAL_S", 0)
    monkeypatch.setattr(clock, "sleep", lambda _: None)
    monkeypatch.setattr("f1lake.automation.due.rules.missing_calendars", lambda *_: [])

    def lived(now: str, instance: dg.DagsterInstance) -> dict[str, bool]:
        """What is asked for at an instant, and whether it came."""
        upstream_server.clock(now[:10])
        monkeypatch.setenv("F1LAKE_NOW", now)
        came: dict[str, bool] = {}
        while ended := ticks.tick(instance):
            came |= ended
        return came

    upstream_server.faults([{"status": 503, "match": "/laps", "every": 1}])
    with dg.DagsterInstance.ephemeral() as instance:
        assert "collect_standings" not in lived("2026-03-07T09:01:00Z", instance), "there are none before a race"
        sunday = lived("2026-03-08T08:01:00Z", instance)
        assert not sunday.pop("collect_laps")
        assert all(sunday.values())
        assert set(sunday) >= {"collect_results", "collect_standings", "collect_pit_stops"}
        assert lived("2026-03-08T08:02:00Z", instance) == {}, "after a pause, in a run of its own"
        assert lived("2026-03-09T08:03:00Z", instance)["collect_laps"] is False
        upstream_server.faults([])
        assert lived("2026-03-10T08:04:00Z", instance)["collect_laps"] is True


def test_idle_evaluations_of_all_sensors_on_s3_take_three_requests(
    recorded, s3_lake, instance, ceph: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was asked, twice, and the list of raw, one for a thousand files; who is in charge is known for a while."""
    monkeypatch.setenv("F1LAKE_ALERTS", "https://example.org/hook")
    monkeypatch.setattr(sensors, "SETTLED_AFTER_S", 0)
    monkeypatch.setattr(sensors, "QUIET_S", 0)
    recorded([weekend(1, "2001-05-05")])
    assert [tick(instance) for _ in range(5)] == [*FIRST, []]
    repository = definitions().get_repository_def()
    sent: dict[str, dict[str, int]] = {}
    with proxy_of(ceph.address) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.address)
        for sensor in repository.sensor_defs:
            cursor = None
            for _ in range(2):  # the first time, what raw changed is looked for
                proxy.counted()
                with dg.build_sensor_context(instance, cursor, repository_def=repository) as context:
                    cursor = sensor.evaluate_tick(context).cursor
            sent[sensor.name] = proxy.counted()
    spent = {name: sum(counted.values()) for name, counted in sent.items()}
    assert {name: n for name, n in spent.items() if n} == {"race_weekend_sensor": 2, "alert_sensor": 1}
