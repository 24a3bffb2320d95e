"""The copy of a table on S3: what a run asks of the service, and a table that somebody else has made anew."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import s3fs

from f1lake.storage import looks, working_copy
from f1lake.storage.delta_io import DeltaIOManager
from f1lake.storage.lake import read
from f1lake_tests.storage.ceph import Gateway
from f1lake_tests.storage.s3_proxy import Proxy, proxy_of
from f1lake_tests.storage.tables import Points, new_table, points


@pytest.fixture
def proxy(s3_lake: str, ceph: Gateway, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """A lake on S3, behind a proxy that counts."""
    with proxy_of(ceph.address) as counting:
        monkeypatch.setenv("AWS_ENDPOINT_URL", counting.address)
        yield counting


def write(name: str, season: int, value: float) -> None:
    """Replace one season of a table."""
    assert DeltaIOManager().write(name, points((season, "a", value)), [season])


def asked(proxy: Proxy, method: str, of: str) -> int:
    """The requests since the last look, by method and a part of their path."""
    found = [path for path in proxy.paths() if path.startswith(method) and of in path]
    proxy.counted()
    return len(found)


def test_a_run_announces_its_changes_once_when_it_ends(proxy: Proxy) -> None:
    with looks.once():
        for _ in range(3):
            write(new_table("gold", Points), 2026, 1)
        assert asked(proxy, "PUT", looks.POINTER) == 0
    assert asked(proxy, "PUT", looks.POINTER) == 1
    with looks.once():
        pass
    assert asked(proxy, "PUT", looks.POINTER) == 0
    write(new_table("gold", Points), 2026, 1)
    assert asked(proxy, "PUT", looks.POINTER) == 1, "at once, where there is no run"


def test_who_has_written_a_commit_does_not_fetch_it(proxy: Proxy) -> None:
    name = new_table("gold", Points)
    for value in range(3):
        with looks.once():
            write(name, 2026, value)
    assert asked(proxy, "GET /", f"{name}/{working_copy.LOG}/0") == 0


def test_a_table_that_is_made_anew_within_a_run_gets_no_gap_in_its_log(
    proxy: Proxy, s3_lake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = new_table("gold", Points)
    with looks.once():
        for value in (1, 2):
            write(name, 2025, value)
        s3fs.S3FileSystem(client_kwargs={"endpoint_url": proxy.address}).rm(f"{s3_lake}/{name}", recursive=True)
        with monkeypatch.context() as elsewhere:
            elsewhere.setenv("F1LAKE_HOME", str(tmp_path / "elsewhere"))
            looks.forget("table", name)
            write(name, 2024, 3)
        write(name, 2026, 4)
    assert read(name).select("season", "points").sort("season").collect().rows() == [(2024, 3), (2026, 4)]
