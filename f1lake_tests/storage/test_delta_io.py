"""Tables that are replaced season by season, and what both Delta managers do: see `test_bronze_io.py` for merges."""

import dagster as dg
import dataframely as dy
import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from f1lake.storage.delta_io import ColumnLostError, DeltaIOManager
from f1lake.storage.lake import TableMissingError, delta_table, read, version
from f1lake.storage.place import uri
from f1lake.storage.raw_io import OPTIONAL
from f1lake.storage.schemas import CONTRACTS
from f1lake_tests.storage.tables import Points, materialized, new_table, points, season_asset, up_to_season

ON_BOTH_LAKES = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
MANAGER = DeltaIOManager()
DRIVERS = st.dictionaries(st.sampled_from("abcd"), st.none() | st.floats(0, 30), max_size=4)
SEASONS = st.integers(2018, 2026)
RANGES = st.tuples(SEASONS, SEASONS).map(lambda ends: list(range(min(ends), max(ends) + 1)))
CONTENTS = RANGES.flatmap(lambda seasons: st.fixed_dictionaries(dict.fromkeys(seasons, DRIVERS)))
WRITES = st.lists(CONTENTS, min_size=1, max_size=5)


def stored(name: str, *seasons: int) -> pl.DataFrame:
    return read(name, seasons or None).collect().sort("season", "driver")


def rows_of(content: dict[int, dict[str, float | None]]) -> list[tuple[int, str, float | None]]:
    return [(season, driver, value) for season, drivers in content.items() for driver, value in drivers.items()]


@given(writes=WRITES)
@ON_BOTH_LAKES
def test_seasons_written_in_any_order_read_back_exactly_and_no_other_changes(lake, writes) -> None:
    name, expected = new_table("silver", Points), {}
    for content in writes:
        MANAGER.write(name, points(*rows_of(content)), list(content))
        expected |= content
        assert stored(name).select("season", "driver", "points").rows() == sorted(rows_of(expected))
    for season, drivers in expected.items():
        assert stored(name, season)["driver"].to_list() == sorted(drivers)


def test_a_season_is_replaced_by_its_integer_and_the_others_keep_their_files(lake) -> None:
    name = new_table("silver", Points)
    MANAGER.write(name, points((2024, "a", 1), (2025, "a", 2), (2026, "a", 3)), [2024, 2025, 2026])
    before = {file for file in delta_table(name).file_uris() if "season=2025" not in file}
    MANAGER.write(name, points((2025, "b", 4)), [2025])
    assert before < set(delta_table(name).file_uris())
    assert stored(name).rows() == [(2024, "a", 1, "sum"), (2025, "b", 4, "sum"), (2026, "a", 3, "sum")]


def test_rows_equal_to_the_stored_ones_make_no_version(lake) -> None:
    name, frame = new_table("silver", Points), points((2025, "a", 1), (2025, "b", None), (2026, "a", 2))
    assert MANAGER.write(name, frame, [2025, 2026])
    assert not MANAGER.write(name, frame.reverse(), [2025, 2026])
    assert not MANAGER.write(name, frame.filter(pl.col("season") == 2026), [2026])
    assert version(name) == 0
    assert MANAGER.write(name, frame.with_columns(points=0.5), [2025, 2026])
    assert version(name) == 1


def test_a_season_without_rows_any_more_is_empty(lake) -> None:
    name, frame = new_table("silver", Points), points((2025, "a", 1), (2026, "a", 2))
    MANAGER.write(name, frame, [2025, 2026])
    MANAGER.write(name, frame.clear(), [2025])
    assert stored(name)["season"].to_list() == [2026]


def test_a_table_without_partitions_is_replaced_whole(lake) -> None:
    name = new_table("gold", Points)
    MANAGER.write(name, points((2025, "a", 1), (2026, "a", 2)), None)
    MANAGER.write(name, points((2026, "b", 2)), None)
    assert not MANAGER.write(name, points((2026, "b", 2)), None)
    assert stored(name).rows() == [(2026, "b", 2, "sum")]
    assert version(name) == 1


def test_rows_of_seasons_that_the_run_is_not_for_are_refused(lake) -> None:
    name = new_table("silver", Points)
    MANAGER.write(name, points((2025, "a", 1)), [2025])
    with pytest.raises(ValueError, match=r"rows of seasons \[2024\] in a run of \[2025\]"):
        MANAGER.write(name, points((2024, "a", 1), (2025, "a", 3)), [2025])
    assert stored(name).rows() == [(2025, "a", 1, "sum")]


def test_a_lazy_frame_may_be_written(lake) -> None:
    name = new_table("silver", Points)
    MANAGER.write(name, points((2025, "a", 1)).lazy(), [2025])
    assert isinstance(read(name), pl.LazyFrame)
    assert stored(name).height == 1


def test_a_new_column_is_added_and_older_seasons_have_nulls(lake) -> None:
    name = new_table("silver", Points)
    MANAGER.write(name, points((2025, "a", 1), (2026, "a", 2)), [2025, 2026])
    MANAGER.write(name, points((2026, "a", 2)).with_columns(is_late=True), [2026])
    assert stored(name)["is_late"].to_list() == [None, True]


def test_a_column_that_is_gone_is_an_error_and_nothing_is_written(lake) -> None:
    name = new_table("silver", Points)
    MANAGER.write(name, points((2025, "a", 1)), [2025])
    with pytest.raises(ColumnLostError, match=r"has \['points'\].*nothing was written"):
        MANAGER.write(name, points((2025, "b", 1)).drop("points"), [2025])
    assert stored(name).rows() == [(2025, "a", 1, "sum")]


@pytest.fixture
def of_an_older_version(lake) -> str:
    """A table with a value that its contract no longer knows."""
    name = new_table("silver", Points)
    MANAGER.write(name, points((2025, "a", 1), (2026, "a", 2)).with_columns(kind=pl.lit("sum")), [2025, 2026])
    newer = dy.Enum(["total", "none"], nullable=True)
    CONTRACTS[name] = type("Points", (Points,), {"kind": newer, "__doc__": Points.__doc__})
    return name


def test_rows_of_an_older_contract_are_replaced_by_those_of_the_new(of_an_older_version) -> None:
    new = points((2025, "a", 1), (2026, "a", 2)).with_columns(kind=pl.lit("total", pl.Enum(["total", "none"])))
    assert MANAGER.write(of_an_older_version, new, [2025, 2026])
    assert set(stored(of_an_older_version)["kind"]) == {"total"}
    assert not MANAGER.write(of_an_older_version, new, [2025, 2026])


def test_reading_rows_of_an_older_contract_says_what_to_do(of_an_older_version) -> None:
    source, frame = of_an_older_version, points((2026, "a", 1))
    first = season_asset(source, CONTRACTS[source], frame)
    second = season_asset(
        new_table("gold", Points), Points, frame, reads={"earlier": up_to_season(source)}, look=pl.LazyFrame.collect
    )
    run = materialized(first, second, only=[second], seasons="2026")
    failure = run.failure_data_for_node(second.op.name)
    assert "older version of f1lake" in str(failure.user_failure_data.description)


def test_a_table_that_was_never_written_is_an_error_that_names_it(lake) -> None:
    assert version("silver/nothing") is None
    with pytest.raises(TableMissingError, match="silver/nothing is not in the lake"):
        read("silver/nothing")


@pytest.mark.parametrize("metadata", [{}, OPTIONAL])
def test_a_run_goes_on_without_a_table_only_if_its_input_says_so(metadata: dict[str, bool]) -> None:
    missing, target, seen = new_table("silver", Points), new_table("gold", Points), list[pl.DataFrame]()
    source = season_asset(missing, Points, points((2026, "a", 1)))
    reads = {"given": dg.AssetIn(missing.split("/"), metadata=metadata)}
    asset = season_asset(target, Points, points((2026, "a", 1)), reads, lambda given: seen.append(given.collect()))
    assert materialized(source, asset, only=[asset], seasons="2026").success == bool(metadata)
    assert [(rows.height, rows.columns) for rows in seen] == [(0, Points.column_names())] * bool(metadata)


def test_a_run_over_a_range_stores_its_own_seasons_and_reads_the_earlier_ones(lake) -> None:
    source, target = new_table("silver", Points), new_table("gold", Points)
    everything = points(*[(season, "a", season - 2000) for season in range(2020, 2027)])
    read_seasons: list[list[int]] = []
    first = season_asset(source, Points, everything)
    second = season_asset(
        target, Points, everything, reads={"earlier": up_to_season(source)},
        look=lambda earlier: read_seasons.append(earlier.collect()["season"].sort().to_list()),
    )
    assert materialized(first, second, seasons="2020-2024").success
    assert stored(source)["season"].to_list() == stored(target)["season"].to_list() == [2020, 2021, 2022, 2023, 2024]
    assert materialized(first, second, only=[first], seasons="2026").success
    assert materialized(first, second, only=[second], seasons="2026").success
    assert read_seasons == [[2020, 2021, 2022, 2023, 2024], [2020, 2021, 2022, 2023, 2024, 2026]]
    assert stored(target)["season"].to_list() == [2020, 2021, 2022, 2023, 2024, 2026]


def test_inputs_come_in_the_types_of_their_contract(lake) -> None:
    source, target = new_table("silver", Points), new_table("gold", Points)
    frame, inputs = points((2026, "a", 1)), []
    first = season_asset(source, Points, frame)
    second = season_asset(target, Points, frame, reads={"earlier": up_to_season(source)}, look=inputs.append)
    assert materialized(first, second, seasons="2026").success
    assert isinstance(inputs[0], pl.LazyFrame)
    assert_frame_equal(inputs[0].collect(), frame)


def test_an_input_of_no_partitions_is_empty_without_a_table(lake) -> None:
    source, target, inputs = new_table("silver", Points), new_table("gold", Points), []
    first = season_asset(source, Points, points((1950, "a", 1)))
    second = season_asset(
        target, Points, points((1950, "a", 1)), reads={"before": up_to_season(source, -1)}, look=inputs.append
    )
    assert materialized(first, second, only=[second], seasons="1950").success
    assert inputs[0].collect().is_empty()
    assert inputs[0].collect_schema() == points().schema


def test_a_materialization_says_path_version_rows_and_whether_it_changed_anything(lake) -> None:
    name = new_table("silver", Points)
    asset = season_asset(name, Points, points((2026, "a", 1)))
    seen = []
    for _ in range(2):
        materialization, = materialized(asset, seasons="2026").asset_materializations_for_node(asset.op.name)
        seen.append({key: value.value for key, value in materialization.metadata.items()})
    assert [entry["changed"] for entry in seen] == [True, False]
    assert seen[1]["table_version"] == 0
    assert seen[1]["dagster/row_count"] == 1
    assert seen[1]["path"] == uri(name)
    assert delta_table(name).history()[0]["dagster_run_id"]


def test_a_frame_that_breaks_its_contract_is_not_stored_and_nothing_downstream_runs(lake) -> None:
    source, target = new_table("silver", Points), new_table("gold", Points)
    good = season_asset(source, Points, points((2025, "a", 1), (2026, "a", 1)))
    assert materialized(good, seasons="2025-2026").success
    bad = season_asset(source, Points, points((2025, "a", 5), (2026, "b", -1)))
    downstream = season_asset(target, Points, points(), reads={"earlier": up_to_season(source)})
    result = materialized(bad, downstream, seasons="2025-2026")
    assert not result.success
    check, = result.get_asset_check_evaluations()
    assert not check.passed
    assert check.metadata["broken rules"].value == {"points|min": 1, "seasons": [2026]}
    assert stored(source)["points"].to_list() == [1, 1]
    assert version(source) == 0
    assert version(target) is None
    assert not result.get_asset_materialization_events()


@pytest.mark.parametrize("folder", ["a lake", "João", "#1 {of} 3"])
def test_a_lake_may_stand_in_any_folder(tmp_path, monkeypatch, folder) -> None:

    monkeypatch.setenv("F1LAKE_LAKE", str(tmp_path / folder))
    name = new_table("silver", Points)
    MANAGER.write(name, points((2026, "a", 1)), [2026])
    MANAGER.write(name, points((2026, "a", 2)), [2026])
    assert stored(name, 2026)["points"].to_list() == [2]
    assert (tmp_path / folder / name / "_delta_log").is_dir()


def test_duckdb_and_pandas_read_what_we_write(tmp_path) -> None:
    name = new_table("silver", Points)
    MANAGER.write(name, points((2025, "a", 1), (2026, "a", 2), (2026, "b", None)), [2025, 2026])
    MANAGER.write(name, points((2026, "a", 3), (2026, "b", None)), [2026])
    expected = [(2025, "a", 1.0, "sum"), (2026, "a", 3.0, "sum"), (2026, "b", None, "sum")]
    frame = delta_table(name).to_pandas().sort_values(["season", "driver"])[CONTRACTS[name].column_names()]
    assert pl.from_pandas(frame).rows() == expected
    extensions = next(iter(pytest.importorskip("duckdb_ext").__path__)) + "/extensions"
    connection = duckdb.connect(config={"extension_directory": extensions, "autoinstall_known_extensions": "false"})
    connection.load_extension("delta")
    answer = connection.sql(f"select season, driver, points, kind from delta_scan('{uri(name)}') order by 1, 2")
    assert answer.fetchall() == expected
