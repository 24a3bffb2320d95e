"""Pages of a listing that broke off are kept, and asked for once only."""

import pytest

from f1lake.settings import settings
from f1lake.upstream.answers import BUSY_S
from f1lake.upstream.budget import INTERVAL_S
from f1lake.upstream.failures import UnavailableError
from f1lake.upstream.kept_pages import asked_anew
from f1lake.upstream.pages import PAGE_ROWS, SCHEDULE, read_listing
from f1lake.upstream.retries import ATTEMPTS
from f1lake.upstream.session import collecting
from f1lake_tests.recorded_upstream import UpstreamServer


@pytest.mark.parametrize("status", [403, 429])
def test_a_busy_hour_keeps_the_pages_and_is_asked_again_much_later(server: UpstreamServer, pauses, status: int) -> None:
    server.faults([{"status": status, "times": 2, "match": "offset=200"}])
    with pytest.raises(UnavailableError, match=f"status {status}") as raised, collecting() as session:
        read_listing(session, "Race", 2025)
    assert raised.value.retry_after_s == BUSY_S
    asked_again = [pause for pause in pauses if pause > INTERVAL_S]
    assert asked_again == ([1.5] if status == 429 else []), "a refused request counts; only 429 may be of the second"
    server.faults([])
    with collecting() as session:
        season = read_listing(session, "Race", 2025)
    assert session.requests_sent == -(-season.height // PAGE_ROWS) - 2


def test_an_interrupted_collection_goes_on_where_it_stopped(server: UpstreamServer, pauses) -> None:
    server.faults([{"status": 503, "times": ATTEMPTS, "match": "offset=200"}])
    with pytest.raises(UnavailableError, match="rows 201-300"), collecting() as session:
        read_listing(session, "Race", 2025)
    with collecting() as session:
        season = read_listing(session, "Race", 2025)
    pages = -(-season.height // PAGE_ROWS)
    assert session.requests_sent == pages - 2
    by_path = server.log()["by_path"]
    assert {path.rpartition("offset=")[2]: asked for path, asked in by_path.items()} == {
        str(PAGE_ROWS * page): ATTEMPTS + 1 if page == 2 else 1 for page in range(pages)
    }
    assert pages >= 4
    assert list((settings().home / "pages").iterdir()) == []
    server.faults([{"status": 403, "times": 1, "match": "offset=200"}])
    with pytest.raises(UnavailableError), collecting() as session:
        read_listing(session, "Race", 2025)
    with asked_anew(), collecting() as session:
        read_listing(session, "Race", 2025)
    assert session.requests_sent == pages, "who asks anew is told nothing kept"
    with collecting() as session:
        read_listing(session, SCHEDULE, 2025)
        read_listing(session, "Race", 2025)
    assert session.requests_sent == 1 + pages, "a deliberate second collection asks again"
