"""Of two Dagster instances on one lake, on disk or S3, one decides; the other goes on where it stops."""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import dagster as dg
import pytest

from f1lake.automation import sensors
from f1lake.automation.sensors import CLOCKS_DIFFER, newer_than_odds, race_weekend_sensor, raw_to_season_sensor
from f1lake.automation.upkeep import in_charge
from f1lake.automation.upkeep.in_charge import LEASE_S, RENEWED_AFTER_S, hold
from f1lake.automation.upkeep.maintenance import weekly_maintenance
from f1lake.cli import doctor
from f1lake.storage import files
from f1lake.storage.delta_io import DeltaIOManager
from f1lake.storage.lake import RUN_BEGAN
from f1lake.storage.place import on_s3, uri
from f1lake.storage.raw_io import partition_path
from f1lake_tests.storage.conftest import lake
from f1lake_tests.storage.tables import Points, new_table, points

__all__ = ["lake"]


@pytest.fixture
def two(lake: str) -> Iterator[tuple[dg.DagsterInstance, dg.DagsterInstance]]:
    """Two instances that know nothing of each other."""
    with dg.DagsterInstance.ephemeral() as one, dg.DagsterInstance.ephemeral() as other:
        yield one, other


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """`later(s)` lets so many seconds pass for who holds and who waits."""
    at = [1000.0]
    monkeypatch.setattr(in_charge.time, "monotonic", lambda: at[0])

    def turn(seconds: float) -> None:
        at[0] += seconds

    return turn


def test_the_other_waits_as_long_as_the_lease_is_renewed_and_then_takes_over(two, later) -> None:
    one, other = two
    assert hold(one).term == 1
    for _ in range(5):
        later(RENEWED_AFTER_S)
        assert hold(other).is_of(one)
        assert hold(one).is_of(one)
    later(LEASE_S - 1)
    assert hold(other).is_of(one)
    later(LEASE_S)
    taken = hold(other)
    assert (taken.is_of(other), taken.term) == (True, 2)
    later(RENEWED_AFTER_S)
    assert hold(one).is_of(other)


def test_who_comes_back_in_time_keeps_its_term(two, later) -> None:
    one, other = two
    hold(one), hold(other)
    in_charge._seen.leases.clear()  # a new process
    later(2 * LEASE_S)
    assert (hold(one).term, hold(other).is_of(one)) == (1, True)


def test_who_waits_asks_for_nothing_and_says_who_is_in_charge(two, tmp_path: Path) -> None:
    one, other = two
    lease = hold(one)
    for sensor in (race_weekend_sensor, raw_to_season_sensor):
        with dg.build_sensor_context(instance=other, cursor="so far") as context:
            result = sensor(context)
        assert isinstance(result, dg.SensorResult)
        assert result.skip_reason is not None
        assert result.skip_reason.skip_message == f"waiting: {lease}"
        assert (result.run_requests or [], result.cursor) == ([], "so far")
    with dg.DagsterInstance.local_temp(str(tmp_path)) as stored, dg.build_schedule_context(instance=stored) as context:
        assert isinstance(weekly_maintenance(context), dg.SkipReason)
    with patch.object(doctor.trust, "problem", return_value=None):
        assert doctor.Finding("in charge", str(lease)) in list(doctor.findings())


def test_a_lease_is_renewed_each_forty_seconds_whoever_looks_how_often(two, later) -> None:
    one, _ = two
    hold(one)
    with patch.object(files, "put_if", side_effect=files.put_if) as renewed:
        for _ in range(12):
            later(10)
            hold(one)
    assert renewed.call_count == 120 / RENEWED_AFTER_S


def test_what_raw_changed_since_the_odds_is_known_from_the_lake(lake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert newer_than_odds() == set()
    for season in (2024, 2025):
        files.put(partition_path("raw/event_schedule", str(season)), b"")
    assert newer_than_odds() == {2024, 2025}, "there are no odds"
    written = files.written(uri("raw")).values()
    a_moment = 2 * CLOCKS_DIFFER if on_s3() else dt.timedelta(milliseconds=1)
    table = new_table("odds", Points)
    monkeypatch.setattr(sensors, "LAST_TABLE", dg.AssetKey(table.split("/")))
    for began, newer in [(max(written) + a_moment, set()), (min(written), {2024, 2025})]:
        noted = {RUN_BEGAN: began.isoformat()}
        DeltaIOManager().write(table, points((2025, "a", began.timestamp())), [2025], noted)
        assert newer_than_odds() == newer


def test_a_new_term_follows_what_another_instance_collected(two, later) -> None:
    one, other = two
    hold(one)
    for table in ("event_schedule", "session_results", "driver_standings", "constructor_standings"):
        key = "2025-01" if table == "session_results" else "2025"
        files.put(partition_path(f"raw/{table}", key), b"")
    hold(other)
    later(LEASE_S + 1)
    with dg.build_sensor_context(instance=other) as context:
        result = raw_to_season_sensor(context)
    assert isinstance(result, dg.SensorResult)
    request, = result.run_requests or []
    assert request.tags["dagster/asset_partition_range_start"] == "2025"
    assert request.tags["dagster/asset_partition_range_end"] == str(dt.datetime.now(dt.UTC).year)
    with dg.build_sensor_context(instance=other, cursor=result.cursor) as context:
        again = raw_to_season_sensor(context)
    assert isinstance(again, dg.SensorResult)
    assert (again.run_requests or [], json.loads(again.cursor or "")["term"]) == ([], 2)
