"""Stewards correct a result long after the race: the lake follows, and equals one built afterwards."""

import re
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from f1lake import runs
from f1lake.storage.lake import delta_table, read
from f1lake.upstream import budget
from f1lake_tests.recorded_upstream import UpstreamServer
from f1lake_tests.whole_lake import contents, fill, versions

DISQUALIFIED = {"season": 2008, "round": 1, "session": "results", "driverId": "hamilton", "disqualify": True}


def queries_of_the_docs(lake: str) -> dict[str, Any]:
    """The variables of the queries on corrections in docs/queries.md, run on a lake."""
    page = (Path(__file__).resolve().parents[1] / "docs" / "queries.md").read_text()
    section = page.partition("## Corrections")[2].partition("\n## ")[0]
    told: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", section, flags=re.DOTALL):
        exec(block.replace("lake/", f"{lake}/"), told)
    return told


def test_a_corrected_2008_result_gives_the_lake_of_a_fresh_build(
    upstream_server: UpstreamServer, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    upstream_server.clock("2008-12-31")
    monkeypatch.setenv("F1LAKE_UPSTREAM", upstream_server.address)
    monkeypatch.setenv("F1LAKE_NOW", "2008-12-31T12:00:00Z")
    monkeypatch.setenv("F1LAKE_FROM_SEASON", "2007")
    monkeypatch.setattr(budget, "INTERVAL_S", 0)
    monkeypatch.setenv("F1LAKE_LAKE", str(tmp_path / "corrected"))
    fill(2007, 2008, job="build")
    assert read("silver/champions").sort("season").collect()["driver_id"].to_list() == ["raikkonen", "hamilton"]
    version = delta_table("bronze/session_results").version()

    upstream_server.amend(DISQUALIFIED)
    with dg.DagsterInstance.get() as instance:
        assert runs.collect_again(instance, ["2008-01"]) == {2008}
        runs.run("build", instance, ("2008", "2008"))
        assert runs.collect_again(instance, ["2008-01"]) == set(), "a second collection changes nothing"
        before = versions()
        runs.run("build", instance, ("2007", "2008"))
        assert versions() == before
    corrected = contents()
    every_change = corrected.pop("gold/result_corrections")
    changes = pl.DataFrame(delta_table("bronze/session_results").load_cdf(starting_version=version + 1))
    assert delta_table("bronze/session_results").version() == version + 1
    assert set(changes["round"]) == {1}
    after = changes.filter(_change_type="update_postimage").sort("driverId")
    assert set(changes["_change_type"]) == {"update_preimage", "update_postimage"}
    assert set(every_change["driver_id"]) == set(after["driverId"])
    mine = every_change.filter(driver_id="hamilton").sort("column").select("column", "before", "after").rows()
    assert mine == [
        ("points", "10.0", "0.0"), ("position", "1", "22"), ("positionText", "1", "D"),
        ("status", "Finished", "Disqualified"),
    ]
    points = every_change.filter(column="points")
    assert points.height == 8, "the winner, and those behind who scored then"
    assert corrected["silver/champions"].filter(season=2008)["driver_id"].item() == "massa"

    told = queries_of_the_docs(str(tmp_path / "corrected"))
    assert told["before"]["driverId"][0] == told["winner"][0] == "hamilton"
    assert told["changes"].height == changes.height

    monkeypatch.setenv("F1LAKE_LAKE", str(tmp_path / "fresh"))
    fill(2007, 2008, job="build")
    fresh = contents()
    assert fresh.pop("gold/result_corrections").is_empty()
    assert corrected.keys() == fresh.keys()
    for name in ("bronze/driver_standings", "bronze/constructor_standings"):
        assert not fresh[name].equals(corrected[name]), "rounds before the last stay as they were told then"
        fresh[name], corrected[name] = (lake[name].filter(pl.col("round") == pl.col("round").max().over("season"))
                                        for lake in (fresh, corrected))
    assert {name for name in fresh if not fresh[name].equals(corrected[name])} == set()
