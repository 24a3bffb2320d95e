"""Writers that run beside others: in a thread, or as a process of their own."""

import os
from collections.abc import Callable
from multiprocessing.synchronize import Barrier as ProcessBarrier
from threading import Barrier
from typing import Any

import dagster_aws.s3  # noqa: F401  (the fork server imports it, once for all writers)
import polars as pl

from f1lake.storage.delta_io import BronzeIOManager, DeltaIOManager, LedgerIOManager
from f1lake.storage.raw_io import RawIOManager
from f1lake.storage.schemas import CONTRACTS
from f1lake_tests.storage.tables import Points, Results, Said, points, results

TOGETHER_S = 60
DRIVERS = "abcdefgh"


def in_environment(environment: dict[str, str], write: Callable[..., None], *arguments: Any) -> None:
    """Write in a process that was forked before the test set its variables."""
    os.environ.update(environment)
    write(*arguments)


def replace_seasons(name: str, seasons: list[int], value: float, together: Barrier | ProcessBarrier) -> None:
    """Write some seasons one by one, each with two rows of this value, at the same time as others do."""
    CONTRACTS[name] = Points
    together.wait(TOGETHER_S)
    for season in seasons:
        DeltaIOManager().write(name, points((season, "a", value), (season, "b", value)), [season])


def merge_round(name: str, round_: int, place: int, together: Barrier | ProcessBarrier) -> None:
    """Write one round of 2026, at the same time as others do."""
    CONTRACTS[name] = Results
    together.wait(TOGETHER_S)
    rows = [(2026, round_, "Race", driver, None, place) for driver in DRIVERS]
    BronzeIOManager().write(name, results(*rows), [2026])


def say_rounds(name: str, rounds: list[int], probability: float, together: Barrier | ProcessBarrier) -> None:
    """Say of two drivers in some rounds of 2026 how likely they are, one round after the other."""
    CONTRACTS[name] = Said
    together.wait(TOGETHER_S)
    for round_ in rounds:
        rows = {"season": [2026] * 2, "round": [round_] * 2, "driver": ["a", "b"], "probability": [probability] * 2}
        LedgerIOManager().write(name, Said.cast(pl.DataFrame(rows)), [2026])


def write_until_killed(raw: str, bronze: str, silver: str, started: ProcessBarrier) -> None:
    """Write the same rows again and again, each time all with the next number."""
    CONTRACTS.update({raw: Points, bronze: Results, silver: Points})
    value = 1
    while True:
        frame = points(*[(2026, f"driver {i}", value) for i in range(200)])
        RawIOManager().write(raw, "2026", frame)
        BronzeIOManager().write(
            bronze, results(*[(2026, 1, "Race", f"driver {i}", i, value) for i in range(200)]), [2026]
        )
        DeltaIOManager().write(silver, frame, [2026])
        if value == 1:
            started.wait(TOGETHER_S)
        value += 1
