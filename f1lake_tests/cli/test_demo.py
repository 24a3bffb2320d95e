"""Which source `make demo` takes, and that it takes an invented world where nothing else answers."""

import json
import threading
import time
from pathlib import Path

import pytest
import requests

from f1lake.cli import demo
from f1lake_tests.recorded_upstream import Told


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with nothing beside it."""
    (tmp_path / "checkout").mkdir()
    monkeypatch.chdir(tmp_path / "checkout")
    return tmp_path / "checkout"


def recording_in(folder: Path, source: str = "recorded") -> Path:
    folder.mkdir(parents=True)
    (folder / "recording.json").write_text(
        json.dumps({"format": 1, "as_of": "2026-07-05T23:59:59Z", "source": source})
    )
    return folder


def test_what_was_set_comes_first(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recording_in(elsewhere / "recordings")
    monkeypatch.setenv("F1LAKE_UPSTREAM", "http://127.0.0.1:8899")
    assert demo.choose_source().upstream == "http://127.0.0.1:8899"


def test_a_recording_in_the_checkout_comes_before_one_beside_it(elsewhere: Path) -> None:
    recording_in(elsewhere.parent / "shared" / "upstream" / "recordings")
    assert demo.choose_source().upstream == str(elsewhere.parent / "shared" / "upstream" / "recordings")
    recording_in(elsewhere / "recordings")
    source = demo.choose_source()
    assert source.upstream == str(elsewhere / "recordings")
    assert "recording" in source.description
    assert source.lake == "lake-demo"


def test_an_invented_recording_at_hand_is_told_from_a_real_one(elsewhere: Path) -> None:
    recording_in(elsewhere / "recordings", "invented (seed 3)")
    source = demo.choose_source()
    assert (source.is_invented, source.lake) == (True, "lake-invented")


def test_services_that_answer_come_before_an_invented_world(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = requests.Response()
    answer.status_code = 429
    monkeypatch.setattr(requests, "get", lambda *_args, **_kwargs: answer)
    assert demo.choose_source().upstream is None
    answer.status_code = 403
    assert demo.services_answer() == [False, False], "a proxy that refuses is no service"


def test_one_deadline_is_for_both_services_and_a_busy_one_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(address: str, **_kwargs: object) -> requests.Response:
        answer = requests.Response()
        answer.status_code = 403 if address == demo.SERVICES[0] else 200
        time.sleep(0.6 * demo.PATIENCE_S if address == demo.SERVICES[0] else 0)
        return answer

    monkeypatch.setattr(demo, "PATIENCE_S", 1)
    monkeypatch.setattr(requests, "get", slowly)
    assert demo.services_answer() == [True, True]


def test_without_any_source_the_demo_invents_one_and_goes_on_with_it(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_args: object, **_kwargs: object) -> None:
        raise requests.ConnectionError("refused")

    monkeypatch.setattr(requests, "get", refused)
    monkeypatch.setattr(demo, "SEASONS", 2)
    source = demo.choose_source()
    assert source.is_invented
    assert source.upstream == str(elsewhere / "invented")
    assert Told(elsewhere / "invented").seasons == [2025, 2026]
    (elsewhere / "invented" / "2025.json.gz").unlink()
    assert demo.choose_source() == source
    assert Told(elsewhere / "invented").seasons == [2026], "what is there is not written again"


def test_a_network_that_swallows_everything_is_noticed_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = threading.Event()

    def swallowed(*_args: object, **_kwargs: object) -> None:
        hanging.wait(60)
        raise requests.ConnectionError("at last")

    monkeypatch.setattr(requests, "get", swallowed)
    started = time.monotonic()
    assert demo.services_answer() == [False, False]
    assert time.monotonic() - started < demo.PATIENCE_S + 1
    hanging.set()
