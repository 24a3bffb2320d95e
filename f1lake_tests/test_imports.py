"""Imports without a search for garbage, and what such a context leaves behind."""

import gc
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from f1lake.imports import as_if_not_installed, without_garbage


@pytest.fixture
def a_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a module that nobody has imported."""
    (tmp_path / "never_imported_before.py").write_text("THINGS = [[] for _ in range(1000)]")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "never_imported_before"
    sys.modules.pop("never_imported_before", None)


def test_what_is_imported_is_left_out_of_later_searches_but_nothing_where_all_was_imported_before(
    a_module: str,
) -> None:
    def left_out() -> int:
        before = gc.get_freeze_count()
        with without_garbage():
            __import__(a_module)
            assert not gc.isenabled()
        assert gc.isenabled()
        return gc.get_freeze_count() - before

    assert left_out() > 1000
    garbage: list[object] = []
    garbage.append(garbage)
    assert left_out() == 0


def test_within_another_such_context_the_search_stays_off() -> None:
    with without_garbage():
        with without_garbage():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_library_that_is_hidden_is_there_again_afterwards(a_module: str) -> None:
    with as_if_not_installed(a_module), pytest.raises(ImportError):
        __import__(a_module)
    assert len(__import__(a_module).THINGS) == 1000
