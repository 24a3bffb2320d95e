"""Writers at the same time, in threads and in processes, and writers that are killed."""

import multiprocessing
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.process import BaseProcess

import polars as pl
import pytest

from f1lake.storage.lake import read
from f1lake.storage.raw_io import RawIOManager
from f1lake_tests.storage.tables import Points, Results, Said, new_table
from f1lake_tests.storage.writers import (
    DRIVERS,
    in_environment,
    merge_round,
    replace_seasons,
    say_rounds,
    write_until_killed,
)

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["f1lake_tests.storage.writers"])
PATIENCE_S = 120


def at_once_in_threads(write: Callable, calls: list[tuple]) -> None:
    together = threading.Barrier(len(calls))
    with ThreadPoolExecutor(len(calls)) as pool:
        for done in [pool.submit(write, *call, together) for call in calls]:
            done.result(PATIENCE_S)


def process_of(write: Callable, *arguments: object) -> BaseProcess:
    return PROCESSES.Process(target=in_environment, args=(dict(os.environ), write, *arguments))


def at_once_in_processes(write: Callable, calls: list[tuple]) -> None:
    together = PROCESSES.Barrier(len(calls))
    processes = [process_of(write, *call, together) for call in calls]
    for process in processes:
        process.start()
    for process in processes:
        process.join(PATIENCE_S)
        if process.exitcode is None:
            process.kill()
    assert [process.exitcode for process in processes] == [0] * len(calls)


@pytest.fixture(params=[at_once_in_threads, at_once_in_processes], ids=["threads", "processes"])
def at_once(request: pytest.FixtureRequest) -> Callable:
    return request.param


def test_two_writers_of_different_seasons_of_a_new_table_both_land(lake, at_once) -> None:
    name = new_table("silver", Points)
    at_once(replace_seasons, [(name, [2021, 2022, 2023], 1), (name, [2024, 2025, 2026], 2)])
    found = read(name).collect().sort("season", "driver")
    assert found.select("season", "points").unique(maintain_order=True).rows() == [
        (2021, 1), (2022, 1), (2023, 1), (2024, 2), (2025, 2), (2026, 2)
    ]
    assert found.height == 12


def test_two_merges_into_one_season_of_a_new_table_both_land_and_double_nothing(lake, at_once) -> None:
    name = new_table("bronze", Results)
    at_once(merge_round, [(name, 1, 1), (name, 2, 2)])
    at_once(merge_round, [(name, 3, 3), (name, 3, 3)])
    found = read(name).collect()
    assert found.group_by("round").len().sort("round").rows() == [(1, 8), (2, 8), (3, 8)]
    assert found.select("round", "driver").is_unique().all()


def test_many_writers_of_one_season_leave_the_rows_of_one_of_them(lake) -> None:
    name = new_table("silver", Points)
    for season in (2025, 2026):  # the table is new, then it is there
        at_once_in_threads(replace_seasons, [(name, [season], value) for value in range(6)])
        rows = read(name, [season]).collect()
        assert rows.height == 2
        assert rows["points"].n_unique() == 1


def test_many_merges_of_one_round_leave_the_rows_of_one_of_them(lake) -> None:
    name = new_table("bronze", Results)
    for _ in range(2):
        at_once_in_threads(merge_round, [(name, 1, place) for place in range(1, 7)])
        rows = read(name).collect()
        assert rows["driver"].sort().to_list() == list(DRIVERS)
        assert rows["position"].n_unique() == 1


def test_a_writer_that_is_killed_leaves_every_table_and_file_whole(lake) -> None:
    raw, bronze, silver = new_table("raw", Points), new_table("bronze", Results), new_table("silver", Points)
    for moment in range(4):
        started = PROCESSES.Barrier(2)
        writer = process_of(write_until_killed, raw, bronze, silver, started)
        writer.start()
        started.wait(PATIENCE_S)
        time.sleep(0.05 + 0.04 * moment)
        writer.kill()
        writer.join(PATIENCE_S)
        whole = pl.len() == 200
        one_write = pl.col("points").n_unique() == 1
        for table in (RawIOManager().read(raw), read(silver), read(bronze).with_columns(points="position")):
            assert table.select(whole & one_write).collect().item()


def test_two_writers_of_a_ledger_add_each_decision_once_and_whole(lake, at_once) -> None:
    """Each says something else of the same rounds: of every round all rows are those of one of them."""
    name = new_table("odds", Said)
    at_once(say_rounds, [(name, [1, 2, 3], 0.1), (name, [3, 2, 1, 4], 0.2)])
    at_once(say_rounds, [(name, [4, 5], 0.3), (name, [5, 4], 0.4)])
    found = read(name).group_by("round").agg(pl.len(), pl.col("probability").n_unique().alias("writers")).collect()
    assert found.sort("round").rows() == [(round_, 2, 1) for round_ in range(1, 6)]
