"""What follows from a table's declaration, and what a frame that breaks it is told."""

import dagster as dg
import dataframely as dy
import polars as pl
import pytest

from f1lake.partitions import SEASONS
from f1lake.storage.contract import OWNERS, enforced, table
from f1lake.storage.rules import broken_rules
from f1lake.storage.schemas import CONTRACTS, key_columns, volatile_columns
from f1lake.storage.stored_types import as_declared, empty_frame, storable
from f1lake_tests.storage.tables import IO_MANAGERS, QUIET, Points, Results, new_table, points, results


class Laps(dy.Schema):
    """Laps of a race."""

    season = dy.Int32(primary_key=True, description="year of the championship")
    time_ms = dy.Int64(nullable=True, description="time of the lap", metadata={"unit": "ms", "source": "Jolpica laps"})


def test_a_declared_table_brings_everything_that_dagster_shows() -> None:
    @dg.asset(**table("bronze/test_laps", Laps), partitions_def=SEASONS)
    @enforced(Laps)
    def laps() -> pl.LazyFrame:
        return pl.LazyFrame()

    spec = laps.get_asset_spec()
    assert spec.key == dg.AssetKey(["bronze", "test_laps"])
    assert (spec.group_name, spec.kinds, spec.owners) == ("bronze", {"polars", "deltalake"}, [OWNERS["bronze"]])
    assert spec.description == "Laps of a race."
    assert laps.backfill_policy == dg.BackfillPolicy.single_run()
    assert [(check.name, check.blocking) for check in laps.check_specs] == [("contract", True)]
    season, time = spec.metadata["dagster/column_schema"].columns
    assert (season.name, season.type, season.tags) == ("season", "Int32", {"key": ""})
    assert not season.constraints.nullable
    assert time.description == "time of the lap [ms] Source: Jolpica laps"
    assert CONTRACTS["bronze/test_laps"] is Laps


@pytest.mark.parametrize(
    ("layer", "manager"),
    [("raw", "raw_io_manager"), ("bronze", "bronze_io_manager"), ("odds", "delta_io_manager")],
)
def test_the_layer_decides_how_a_table_is_stored(layer, manager) -> None:
    assert table(f"{layer}/test_laps", Laps)["io_manager_key"] == manager


def test_what_follows_from_the_contract_may_be_replaced_by_hand() -> None:
    assert table("silver/test_laps", Laps, description="other")["description"] == "other"


def test_keys_may_be_null_and_volatile_columns_are_no_part_of_a_row() -> None:
    assert key_columns(Results) == ["season", "round", "session", "driver", "number"]
    assert key_columns(Points) == ["season", "driver"]
    assert volatile_columns(Results) == ["seen_at"]


def test_a_frame_that_keeps_all_rules_breaks_none() -> None:
    assert broken_rules(Points, points((2026, "a", 1))) == {}


def test_broken_rules_are_counted_and_their_seasons_named() -> None:
    frame = points((2024, "a", -1), (2025, "a", -2), (2026, "a", 1), (2026, "a", 1))
    assert broken_rules(Points, frame) == {"points|min": 2, "primary_key": 2, "seasons": [2024, 2025, 2026]}


@pytest.mark.parametrize(
    "frame", [points((2026, "a", 1)).drop("driver"), points((2026, "a", 1)).cast({"season": pl.Int64})]
)
def test_a_missing_column_or_another_type_breaks_the_schema(frame) -> None:
    assert list(broken_rules(Points, frame)) == ["schema"]


def test_a_column_that_nobody_declared_breaks_the_contract() -> None:
    check = _check_before_failure(enforced(Points)(lambda: points((2026, "a", 1)).with_columns(extra=1)))
    assert check.metadata["broken rules"].value == {"undeclared columns": ["extra"]}


def test_an_asset_gives_its_check_first_and_stops_before_the_output_if_it_fails() -> None:
    check = _check_before_failure(enforced(Points)(lambda: points((2026, "a", -1))))
    assert not check.passed
    check, output = enforced(Points)(lambda: points((2026, "a", 1)).lazy())()
    assert check.passed
    assert output.value.height == output.metadata["dagster/row_count"].value == 1


def test_metadata_of_an_output_is_kept() -> None:
    _, output = enforced(Points)(lambda: dg.Output(points((2026, "a", 1)), metadata={"requests": 3}))()
    assert {key: value.value for key, value in output.metadata.items()} == {"dagster/row_count": 1, "requests": 3}


def test_a_raw_run_to_which_nothing_was_published_has_no_output() -> None:
    check, = enforced(Points)(lambda: {})()
    assert check.passed


def test_a_table_without_partitions_is_not_cut_to_the_seasons_of_the_run_it_is_in(lake) -> None:
    by_season, whole = new_table("silver", Points), new_table("gold", Points)
    frame = points((2025, "a", 1), (2026, "a", 1))
    stored: dict[str, int] = {}

    class Counts(dg.IOManager):
        def handle_output(self, context: dg.OutputContext, obj: pl.DataFrame) -> None:
            stored["/".join(context.asset_key.path)] = obj.height

        def load_input(self, context: dg.InputContext) -> None:
            raise NotImplementedError

    assets = [
        dg.asset(**table(by_season, Points), partitions_def=SEASONS)(enforced(Points)(lambda: frame)),
        dg.asset(**table(whole, Points))(enforced(Points)(lambda: frame)),
    ]
    assert dg.materialize(
        assets, partition_key="2026", resources=IO_MANAGERS | {"delta_io_manager": Counts()}, run_config=QUIET
    ).success
    assert stored == {by_season: 1, whole: 2}


def test_enumerations_are_stored_as_strings_and_come_back_as_declared() -> None:
    name, frame = new_table("silver", Results), results((2026, 1, "Race", "a", None, 1))
    stored = storable(frame.lazy())
    assert stored.collect_schema()["session"] == pl.String
    assert as_declared(name, stored).collect().equals(frame)
    assert as_declared(name, stored).collect_schema() == frame.schema == empty_frame(name).collect_schema()


def _check_before_failure(asset_function) -> dg.AssetCheckResult:
    results = asset_function()
    check = next(results)
    with pytest.raises(dg.Failure, match="breaks its contract and was not stored"):
        next(results)
    return check
