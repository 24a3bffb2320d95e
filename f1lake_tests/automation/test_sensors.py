"""What the sensors ask for, tick by tick, without a daemon."""

import dagster as dg
import pytest

from f1lake.automation.sensors import race_weekend_sensor, range_tags
from f1lake.raw import event_schedule
from f1lake.runs import definitions
from f1lake.settings import settings
from f1lake.storage.raw_io import RawIOManager
from f1lake.upstream.session import collecting
from f1lake_tests.upstream.conftest import recorded
from f1lake_tests.upstream.small import race, rows

__all__ = ["recorded"]


def test_a_round_that_became_another_event_has_the_calendar_asked_for_at_once_and_once(
    recorded, lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded([race(2001, 1, "2001-05-06", results=rows(5))])
    monkeypatch.setenv("F1LAKE_NOW", "2001-05-07T10:00:00Z")
    monkeypatch.setenv("F1LAKE_FROM_SEASON", "2001")
    settings.cache_clear()
    with collecting() as session:
        RawIOManager().write("raw/event_schedule", "2001", event_schedule.collected_schedules(session, [2001]))

    def asked() -> list[str | None]:
        with dg.build_sensor_context(instance=instance) as context:
            ticked = race_weekend_sensor(context)
        assert isinstance(ticked, dg.SensorResult)
        return [request.job_name for request in ticked.run_requests or []]

    with dg.DagsterInstance.ephemeral() as instance:
        assert [asked(), asked()] == [["collect_calendar"], ["collect_race"]], "1950 to 2000 first"
        instance.add_dynamic_partitions("race_event", ["2001-01"])
        instance.create_run_for_job(
            definitions().resolve_job_def("collect_race"), status=dg.DagsterRunStatus.SUCCESS,
            tags=range_tags("2001-01", "2001-01") | {"f1lake/other_event_than": "2001-01"},
        )  # fmt: skip
        assert [asked(), asked()] == [["collect_calendar"], ["collect_race"]], "whatever is there now is asked for"
        assert "collect_calendar" not in asked()
