"""Raw files: whole or not at all, written only where they say something new, read by season."""

import datetime as dt

import dagster as dg
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from f1lake.partitions import ALL_EVENTS, RACE_EVENTS, SAME_SEASON, SEASONS
from f1lake.storage import files
from f1lake.storage.contract import enforced, table
from f1lake.storage.lake import TableMissingError
from f1lake.storage.place import uri
from f1lake.storage.raw_io import RawIOManager, partition_of, partition_path, stored_keys
from f1lake_tests.storage.tables import IO_MANAGERS, QUIET, Points, Results, materialized, new_table, points, results

MANAGER = RawIOManager()
KEYS = st.tuples(st.integers(2023, 2026), st.integers(1, 12)).map(lambda event: f"{event[0]}-{event[1]:02d}")
FILES = st.lists(st.dictionaries(KEYS, st.integers(1, 20), min_size=1, max_size=4), min_size=1, max_size=4)


def race(key: str, place: int = 1) -> pl.DataFrame:
    season, _, round_ = key.partition("-")
    return results((int(season), int(round_), "Race", "a", None, place), (int(season), int(round_), "Race", "b", 7, 2))


def raw_asset(name: str, schema, partitions: dg.PartitionsDefinition, frames: dict) -> dg.AssetsDefinition:
    """A raw asset that gives these frames of the run's partitions."""

    def collect(context: dg.AssetExecutionContext) -> dict:
        return {key: frames[key] for key in context.partition_keys if key in frames}

    return dg.asset(**table(name, schema), partitions_def=partitions)(enforced(schema)(collect))


def reader_of(name: str, mapping: dg.PartitionMapping, seen: list) -> dg.AssetsDefinition:
    """An asset by season that reads a raw table and keeps what it was given."""

    def read(given: pl.LazyFrame) -> pl.LazyFrame:
        seen.append(given.collect())
        return points().lazy()

    ins = {"given": dg.AssetIn(name.split("/"), partition_mapping=mapping)}
    declared = table(new_table("silver", Points), Points)
    return dg.asset(**declared, partitions_def=SEASONS, ins=ins)(enforced(Points)(read))


def collected(
    asset: dg.AssetsDefinition, instance: dg.DagsterInstance, first: str, last: str
) -> dg.ExecuteInProcessResult:
    tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    return dg.materialize(
        [asset], instance=instance, tags=tags, resources=IO_MANAGERS, run_config=QUIET, raise_on_error=False
    )


def said(result: dg.ExecuteInProcessResult) -> str:
    event, *_ = result.get_asset_materialization_events()
    return str(event.step_materialization_data.materialization.metadata["changed_seasons"].value)


@given(writes=FILES)
@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_events_written_in_any_order_read_back_exactly_by_season(lake, writes) -> None:
    name, expected = new_table("raw", Results), {}
    for content in writes:
        for key, place in content.items():
            assert MANAGER.write(name, key, race(key, place)) == (expected.get(key) != place)
        expected |= content
        assert stored_keys(name) == sorted(expected)
    for season in {key[:4] for key in expected}:
        rows = pl.concat([race(key, place) for key, place in sorted(expected.items()) if key.startswith(season)])
        assert_frame_equal(MANAGER.read(name, [int(season)]).collect(), rows)
    assert MANAGER.read(name).collect().height == 2 * len(expected)


def test_files_stand_where_the_documentation_says(lake) -> None:
    events, seasons = new_table("raw", Results), new_table("raw", Points)
    MANAGER.write(events, "2026-09", race("2026-09"))
    MANAGER.write(seasons, "2026", points((2026, "a", 1)))
    assert partition_path(events, "2026-09") == uri(f"{events}/season=2026/round=09.parquet")
    assert partition_path(seasons, "2026") == uri(f"{seasons}/season=2026.parquet")
    assert partition_of(partition_path(events, "2026-09")) == (events, "2026-09")
    assert partition_of(partition_path(seasons, "2026")) == (seasons, "2026")
    assert partition_of(uri(f"{events}/_unreported/a run")) is None
    assert stored_keys(events) == ["2026-09"]
    assert stored_keys(seasons, [2026]) == ["2026"]
    assert stored_keys(seasons, [2025]) == []


def test_content_that_was_only_seen_again_is_not_written_again(lake, monkeypatch) -> None:
    name, frame = new_table("raw", Results), race("2026-01")
    assert MANAGER.write(name, "2026-01", frame)
    monkeypatch.setattr(files, "put", lambda *_: pytest.fail("a file was written"))
    assert not MANAGER.write(name, "2026-01", frame.reverse())
    assert not MANAGER.write(name, "2026-01", frame.with_columns(pl.col("seen_at") + dt.timedelta(days=1)))


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch) -> None:
    name = new_table("raw", Results)
    MANAGER.write(name, "2026-01", race("2026-01"))
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError("no space left on device")))
    with pytest.raises(OSError, match="no space left"):
        MANAGER.write(name, "2026-01", race("2026-01", 9))
    assert MANAGER.read(name).collect()["position"].to_list() == [1, 2]
    assert [path.name for path in (tmp_path / "lake" / name).rglob("*") if path.is_file()] == ["round=01.parquet"]


def test_a_file_may_be_read_by_others_as_the_umask_allows(tmp_path) -> None:
    name = new_table("raw", Points)
    MANAGER.write(name, "2026", points((2026, "a", 1)))
    (tmp_path / "plain").write_text("")
    assert (tmp_path / "lake" / name / "season=2026.parquet").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_columns_of_a_newer_source_are_kept_in_the_file_and_do_not_disturb_readers(lake) -> None:
    name = new_table("raw", Results)
    MANAGER.write(name, "2026-01", race("2026-01"))
    MANAGER.write(name, "2026-02", race("2026-02").with_columns(tyre=pl.lit("soft")))
    assert MANAGER.read_one(name, "2026-02")["tyre"].to_list() == ["soft", "soft"]
    assert MANAGER.read(name).collect().columns == Results.column_names()
    assert MANAGER.read(name).collect().height == 4


def test_files_from_before_a_column_was_declared_have_nulls_in_it(lake) -> None:
    name = new_table("raw", Results)
    MANAGER.write(name, "2026-01", race("2026-01").drop("teams"))
    MANAGER.write(name, "2026-02", race("2026-02"))
    assert MANAGER.read(name, [2026]).collect()["teams"].to_list() == [None, None, ["a", "b"], ["a", "b"]]


def test_a_season_that_is_not_there_is_an_error_that_names_it(lake) -> None:
    name = new_table("raw", Points)
    with pytest.raises(TableMissingError, match=f"{name} has no file in the lake"):
        MANAGER.read(name)
    MANAGER.write(name, "2026", points((2026, "a", 1)))
    with pytest.raises(TableMissingError, match=f"{name} has no file of season 2025 in the lake"):
        MANAGER.read(name, [2025])
    assert MANAGER.read_one(name, "2025") is None


def test_a_run_reads_the_events_of_its_own_seasons(lake) -> None:
    name, seen = new_table("raw", Results), []
    keys = ["2018-02", "2018-01", "2017-01", "2019-01"]  # registered in this order
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(RACE_EVENTS.name, keys)
        asset = raw_asset(name, Results, RACE_EVENTS, {key: race(key) for key in keys})
        assert said(collected(asset, instance, keys[0], keys[-1])) == "2017,2018,2019"
        reader = reader_of(name, ALL_EVENTS, seen)
        for first, last in (("2018", "2018"), ("2017", "2019"), ("2020", "2020")):
            tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
            assert dg.materialize(
                [asset, reader], selection=[reader], instance=instance, tags=tags, resources=IO_MANAGERS,
                run_config=QUIET,
            ).success
    assert [frame["season"].unique().sort().to_list() for frame in seen] == [[2018], [2017, 2018, 2019], []]


def test_a_hole_in_what_was_collected_is_an_error_for_the_run_that_reads_it(lake, monkeypatch) -> None:
    name, seen = new_table("raw", Points), []
    asset = raw_asset(name, Points, SEASONS, {})
    for season in (2023, 2025):
        MANAGER.write(name, str(season), points((season, "a", 1)))
    reader = reader_of(name, SAME_SEASON, seen)
    failed = materialized(asset, reader, only=[reader], seasons="2023-2026")
    assert not failed.success
    failure, = [event.step_failure_data for event in failed.all_events if event.is_step_failure]
    assert "has no file of season 2024" in str(failure.error)
    monkeypatch.setenv("F1LAKE_FROM_SEASON", "2025")
    assert materialized(asset, reader, only=[reader], seasons="2024-2026").success
    assert seen[0]["season"].to_list() == [2025]


def test_a_run_says_which_seasons_it_changed_and_leaves_out_events_without_a_frame(lake) -> None:
    name, keys = new_table("raw", Results), ["2024-01", "2025-01", "2025-02", "2026-01"]
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(RACE_EVENTS.name, keys)
        frames = {key: race(key) for key in keys[:3]}
        asset = raw_asset(name, Results, RACE_EVENTS, frames)
        assert said(collected(asset, instance, keys[0], keys[-1])) == "2024,2025"
        assert stored_keys(name) == keys[:3]
        assert said(collected(asset, instance, keys[0], keys[-1])) == ""
        frames["2025-02"] = race("2025-02", 5)
        assert said(collected(asset, instance, keys[0], keys[-1])) == "2025"


def test_what_a_run_that_died_had_changed_is_reported_by_the_next(lake, monkeypatch) -> None:
    name, keys = new_table("raw", Results), ["2024-01", "2025-01", "2026-01"]
    put = files.put

    def dies_at_2026(address: str, content: bytes) -> None:
        if "season=2026" in address:
            raise OSError("killed")
        put(address, content)

    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(RACE_EVENTS.name, keys)
        asset = raw_asset(name, Results, RACE_EVENTS, {key: race(key) for key in keys})
        with monkeypatch.context() as patch:
            patch.setattr(files, "put", dies_at_2026)
            assert not collected(asset, instance, keys[0], keys[-1]).success
        assert stored_keys(name) == ["2024-01", "2025-01"]
        assert said(collected(asset, instance, "2026-01", "2026-01")) == "2024,2025,2026"
        assert said(collected(asset, instance, keys[0], keys[-1])) == ""


@pytest.mark.parametrize(
    ("spoilt", "broken"),
    [
        (race("2026-02").with_columns(position=pl.lit("first")), "2026-02: position"),
        (race("2026-02").with_columns(number=pl.lit(None)), "2026-02: number"),
        (race("2026-02").with_columns(round=pl.lit(0, pl.Int32)), "round|min"),
        (race("2026-02").drop("driver"), "driver"),
    ],
)
def test_a_frame_that_breaks_its_contract_stores_nothing_of_its_run(lake, spoilt, broken) -> None:
    name, keys = new_table("raw", Results), ["2026-01", "2026-02"]
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(RACE_EVENTS.name, keys)
        asset = raw_asset(name, Results, RACE_EVENTS, {"2026-01": race("2026-01"), "2026-02": spoilt})
        result = collected(asset, instance, *keys)
    check, = result.get_asset_check_evaluations()
    assert not check.passed
    assert broken in str(check.metadata["broken rules"].value)
    assert not result.success
    assert stored_keys(name) == []
