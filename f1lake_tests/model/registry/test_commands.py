"""`f1lake model list | promote | rollback`: the alias moves by command, and the list says why."""

import pytest
from typer.testing import CliRunner

from f1lake.cli.main import app
from f1lake.model.registry import store
from f1lake_tests.model.registry.small import NoFit, enter


def said(*command: str, fails: bool = False) -> str:
    result = CliRunner().invoke(app, ["model", *command], env={"COLUMNS": "200"})
    assert bool(result.exit_code) == fails, result.output
    return result.output


@pytest.mark.usefixtures("empty_store")
def test_the_alias_moves_by_command_and_the_list_says_why():
    assert "title" not in said("list")
    assert "no version" in said("promote", "title", "1", fails=True)
    enter(NoFit())
    enter(NoFit("worse", losses={2006: 0.9, 2007: 0.9}))
    assert "version 2 is champion" in said("promote", "title", "2")
    assert store.champion("title").number == 2
    assert "by hand" in said("list")
    assert "version 1 is champion again" in said("rollback", "title")
    assert store.champion("title").number == 1
    assert "replaced no other" in said("rollback", "title", fails=True)
    assert "no version 7" in said("promote", "title", "7", fails=True)
