"""What was collected from a service and recorded gives the same rows when it is the upstream."""

import polars as pl
import pytest

from f1lake.raw import event_schedule
from f1lake.upstream.pages import CONSTRUCTOR_STANDINGS, LAPS, PIT_STOPS, STANDINGS, read_listing
from f1lake.upstream.recorder import recording_to
from f1lake.upstream.session import collecting
from f1lake_tests.recorded_upstream import UpstreamServer


def collected() -> list[pl.DataFrame]:
    with collecting() as session:
        return [
            event_schedule.collected_schedules(session, [2026]).rows.drop("source", "collected_at"),
            read_listing(session, "Race", 2026), read_listing(session, "Sprint", 2026),
            read_listing(session, "Qualifying", 2026, 3),
            *(read_listing(session, what, 2026, 3) for what in (PIT_STOPS, LAPS, STANDINGS, CONSTRUCTOR_STANDINGS)),
        ]


def test_a_recorded_collection_reads_back_as_the_service_answered(
    server: UpstreamServer, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "recording"
    with recording_to(folder):
        first = collected()
    with recording_to(folder):  # added to what is there: nothing twice
        collected()
    monkeypatch.setenv("F1LAKE_UPSTREAM", str(folder))
    again = collected()
    assert all(frame.height for frame in first)
    assert [i for i, (a, b) in enumerate(zip(first, again, strict=True)) if not a.equals(b)] == []
