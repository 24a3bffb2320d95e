"""What is waited for, in words."""

import datetime as dt

from f1lake.automation.due.status import waiting_for
from f1lake.automation.due.stored import RESULTS
from f1lake_tests.automation.due.two_weekends import A_MINUTE, QUALIFYING_ENDED, RACE, RACE_ENDED, UTC, failed, stored


def test_what_is_waited_for_is_said_in_words() -> None:
    late = str(waiting_for(stored(), {}, QUALIFYING_ENDED))
    assert late.startswith("waiting for Qualifying of albert_park (2026-01) to be published")
    words = str(waiting_for(stored(("2026-01", "Qualifying")), {}, QUALIFYING_ENDED))
    assert words == "waiting for Race of albert_park (2026-01), asked for from 2026-03-08 08:00 UTC"
    assert "next season" in str(waiting_for(stored(), {}, dt.datetime(2027, 1, 1, tzinfo=UTC)))


def test_a_source_that_cannot_be_reached_is_said_with_since_when() -> None:
    attempts = {f"{RESULTS} {RACE}": failed(RACE_ENDED, RACE_ENDED + 5 * A_MINUTE)}
    words = str(waiting_for(stored(), attempts, RACE_ENDED + A_MINUTE))
    assert words.startswith(f"{RESULTS} {RACE} fails since 2026-03-08 08:00 UTC: 503.")
    assert "from 2026-03-08 08:05 UTC" in words
