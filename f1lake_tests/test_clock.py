"""The lake's present: real time, a fixed instant, a file that moves, or the end of a recording."""

import datetime as dt
import json

import pytest

from f1lake import clock


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)


def test_time_is_real_unless_something_is_set() -> None:
    before = dt.datetime.now(dt.UTC)
    assert before <= clock.now() <= dt.datetime.now(dt.UTC)
    assert clock.now().tzinfo is dt.UTC


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-07-05T14:00:00Z", utc(2026, 7, 5, 14)),
        ("2026-07-05T14:00:00", utc(2026, 7, 5, 14)),
        ("2026-07-05T23:30:00-03:00", utc(2026, 7, 6, 2, 30)),
        ("2026-07-05", utc(2026, 7, 5)),
    ],
)
def test_an_instant_may_be_set_and_is_utc_if_it_does_not_say(set_to, text, instant) -> None:
    set_to(NOW=text)
    assert clock.now() == instant
    assert clock.now().utcoffset() == dt.timedelta()
    assert clock.today() == instant.date()


def test_a_file_is_read_at_each_call(set_to, tmp_path) -> None:
    file = tmp_path / "now"
    file.write_text("2026-03-08T06:00:00Z\n")
    set_to(NOW=str(file))
    assert clock.now() == utc(2026, 3, 8, 6)
    file.write_text("2026-03-15T09:00:00Z")
    assert clock.now() == utc(2026, 3, 15, 9)


def test_a_file_that_holds_no_instant_is_an_error_that_names_it(set_to, tmp_path) -> None:
    file = tmp_path / "now"
    file.write_text("tomorrow")
    set_to(NOW=str(file))
    with pytest.raises(ValueError, match=f"F1LAKE_NOW='{file}' holds 'tomorrow', which is no ISO instant"):
        clock.now()


def test_where_a_recording_is_the_upstream_its_end_is_the_present_unless_set(set_to, tmp_path) -> None:
    (tmp_path / "recording.json").write_text(json.dumps({"as_of": "2026-07-05T23:59:59Z"}))
    set_to(UPSTREAM=str(tmp_path))
    assert clock.now() == utc(2026, 7, 5, 23, 59, 59)
    set_to(NOW="2026-05-01")
    assert clock.now() == utc(2026, 5, 1)
