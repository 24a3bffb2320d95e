"""What the Dagster UI shows of an asset: links, tags, and where columns come from."""

from pathlib import Path

import dagster as dg
import dataframely as dy
import pytest

from f1lake.model.registry.promotion import POOL
from f1lake.presentation import lineage, presented
from f1lake.runs import definitions
from f1lake.silver.events import events
from f1lake.storage.contract import POOLS
from f1lake.storage.schemas import CONTRACTS


@pytest.fixture(scope="module")
def specs() -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in definitions().resolve_all_asset_specs()}


def test_column_lineage_names_columns_that_are_there(specs: dict[str, dg.AssetSpec]) -> None:
    for name, spec in specs.items():
        for column, deps in spec.metadata["dagster/column_lineage"].deps_by_column.items():
            assert column in CONTRACTS[name].columns()
            for dep in deps:
                assert dep.asset_key in {d.asset_key for d in spec.deps}
                assert dep.column_name in CONTRACTS[dep.asset_key.to_user_string()].columns()


def test_lineage_follows_a_column_from_the_odds_to_raw(specs: dict[str, dg.AssetSpec]) -> None:
    def sources(table: str, column: str) -> set[str]:
        deps = specs[table].metadata["dagster/column_lineage"].deps_by_column[column]
        return {f"{dep.asset_key.to_user_string()}.{dep.column_name}" for dep in deps}

    assert "silver/driver_features.pole_wins_race_life" in sources("abt/title_abt", "pole_wins_race_life")
    assert sources("silver/driver_features", "pole_wins_race_life") == {
        f"silver/session_results.{name}" for name in ("grid", "is_start", "position", "session")
    }
    assert sources("silver/session_results", "driver_id") == {"bronze/session_results.driverId"}
    assert sources("bronze/session_results", "Q1_ms") == {"raw/session_results.Q1"}
    shown = {c.name: c.description for c in specs["silver/events"].metadata["dagster/column_schema"].columns}
    assert shown["circuit_id"] == "the source's id of the circuit ← bronze/events.circuitId"


def test_most_columns_after_raw_say_what_they_are_made_from(specs: dict[str, dg.AssetSpec]) -> None:
    tables = [name for name in specs if name.startswith(("bronze", "silver", "abt"))]
    told = sum(len(specs[name].metadata["dagster/column_lineage"].deps_by_column) for name in tables)
    assert told > 0.9 * sum(len(CONTRACTS[name].columns()) for name in tables)


def test_a_source_that_no_table_has_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Spoilt(dy.Schema):
        podiums = dy.Int32(metadata={"from": ["postion"]})

    monkeypatch.setitem(CONTRACTS, "gold/spoilt", Spoilt)
    with pytest.raises(ValueError, match=r"gold/spoilt: podiums is made from \['postion'\]"):
        lineage("gold/spoilt", ["silver/session_results"])


def test_links_lead_to_files_of_this_checkout_or_of_the_repository(
    specs: dict[str, dg.AssetSpec], monkeypatch: pytest.MonkeyPatch
) -> None:
    for spec in specs.values():
        code, dictionary = spec.metadata["dagster/code_references"].code_references
        assert Path(code.file_path).is_file()
        assert f"## {spec.key.to_user_string()}\n" in Path(dictionary.file_path).read_text()
    monkeypatch.setenv("F1LAKE_REPOSITORY", "https://example.org/f1lake/blob/main")
    spec = presented([events])[0].get_asset_spec()
    urls = [reference.url for reference in spec.metadata["dagster/code_references"].code_references]
    assert urls == [
        "https://example.org/f1lake/blob/main/f1lake/silver/events.py",
        "https://example.org/f1lake/blob/main/docs/tables.md#silverevents",
    ]
    assert f"[the data dictionary]({urls[1]})" in (spec.description or "")


def test_what_talks_to_the_services_and_what_registers_is_in_a_pool(specs: dict[str, dg.AssetSpec]) -> None:
    graph = definitions().get_repository_def().asset_graph
    for name, spec in specs.items():
        pools = graph.get(spec.key).pools
        of_layer = {POOLS["raw"]} if name.startswith("raw/") else set()
        assert pools == ({POOL} if name in ("model/title_versions", "model/race_versions") else of_layer), name
