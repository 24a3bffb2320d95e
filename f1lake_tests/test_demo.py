"""Which source `make demo` takes, and what it says without any."""

import json
import socket
from pathlib import Path

import pytest

from f1lake import demo
from f1lake.settings import settings


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with nothing beside it."""
    (tmp_path / "checkout").mkdir()
    monkeypatch.chdir(tmp_path / "checkout")
    return tmp_path / "checkout"


def recording_in(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "recording.json").write_text(json.dumps({"format": 1, "as_of": "2026-07-05T23:59:59Z"}))
    return folder


def test_what_was_set_comes_first(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recording_in(elsewhere / "recordings")
    monkeypatch.setenv("F1LAKE_UPSTREAM", "http://127.0.0.1:8899")
    settings.cache_clear()
    assert demo.choose_source().upstream == "http://127.0.0.1:8899"


def test_a_recording_in_the_checkout_comes_before_one_beside_it(elsewhere: Path) -> None:
    recording_in(elsewhere.parent / "shared" / "upstream" / "recordings")
    assert demo.choose_source().upstream == str(elsewhere.parent / "shared" / "upstream" / "recordings")
    recording_in(elsewhere / "recordings")
    source = demo.choose_source()
    assert source.upstream == str(elsewhere / "recordings")
    assert "recording" in source.description


def test_without_any_source_the_error_names_the_choices(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_args: object, **_kwargs: object) -> None:
        raise ConnectionRefusedError("refused")

    monkeypatch.setattr(socket, "create_connection", refused)
    with pytest.raises(demo.NoSourceError, match="F1LAKE_UPSTREAM"):
        demo.choose_source()
