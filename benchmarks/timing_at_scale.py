"""Timing of all sessions since 2018 as deploy/scale.md plans it, on synthetic rows: time and memory of what is done.

    python -m benchmarks.timing_at_scale [rows: 100000000] [folder]

Nine seasons of 22 events of five sessions, a sample of each of 20 cars several times a second, in a Delta table by
season and event. Each part is a process of its own, so that the peak of its memory is its own; none may need more than
`MOST_MB`, however many rows there are. What is written goes to a temporary folder.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl
from deltalake import DeltaTable, WriterProperties, write_deltalake

SEASONS, EVENTS, SESSIONS, CARS = range(2018, 2027), range(1, 23), 5, 20
EACH_MS = 240
ROWS_A_GROUP = 131_072
"""A group holds a car's session or a few: whoever reads one car skips the others by their statistics."""
MOST_MB = 2_000


def event(season: int, round_: int, rows: int) -> pl.DataFrame:
    """An event's samples, sorted by session, car and time; columns as the live timing's car data and positions."""
    a_car = max(1, rows // SESSIONS // CARS)
    number = pl.int_range(SESSIONS * CARS * a_car, dtype=pl.Int64, eager=True).alias("number")
    phase = (number % a_car * EACH_MS).cast(pl.Float32) / 13_700 + (season * 31 + round_)
    speed = 190 + 110 * phase.sin() + 20 * (phase * 7.3).sin()
    noise = number.hash(season * 31 + round_)  # a sensor's: without it, nothing would be left after compression
    return pl.DataFrame({"number": number}).select(
        pl.lit(season, pl.Int32).alias("season"),
        pl.lit(round_, pl.Int32).alias("event"),
        (pl.col("number") // (CARS * a_car)).cast(pl.Int8).alias("session"),
        (pl.col("number") // a_car % CARS + 1).cast(pl.Int8).alias("car"),
        (pl.col("number") % a_car * EACH_MS).cast(pl.Int32).alias("at_ms"),
        (speed + noise % 5).cast(pl.Int16).alias("speed_kmh"),
        (speed * 37 % 4_000 + 8_000 + noise // 5 % 200).cast(pl.Int16).alias("rpm"),
        (speed / 40).cast(pl.Int8).alias("gear"),
        (phase.cos() * 50 + 50).cast(pl.Int8).alias("throttle_pct"),
        (phase.cos() < -0.8).alias("is_braking"),
        (phase.sin() * 9_000 + noise // 1_000 % 30).cast(pl.Int16).alias("x_dm"),
        (phase.cos() * 7_000 + noise // 30_000 % 30).cast(pl.Int16).alias("y_dm"),
    )


def write(folder: str, rows: int) -> int:
    """Append event by event, as runs of one partition each do; the rows written."""
    each, written = rows // len(SEASONS) // len(EVENTS), 0
    for season in SEASONS:
        for round_ in EVENTS:
            frame = event(season, round_, each)
            write_deltalake(
                folder, frame.to_arrow(), mode="append", partition_by=["season", "event"],
                writer_properties=WriterProperties(compression="ZSTD", max_row_group_size=ROWS_A_GROUP),
            )  # fmt: skip
            written += frame.height
    return written


def one_event(folder: str, rows: int) -> int:
    """What a run of one partition computes: of each car's session the top speed and the share of full throttle."""
    of_event = pl.scan_delta(folder).filter(season=2026, event=9)
    return of_event.group_by("session", "car").agg(*measures()).collect(engine="streaming").height


def one_car(folder: str, rows: int) -> int:
    """A car's session, for a chart: few row groups of one partition."""
    return pl.scan_delta(folder).filter(season=2026, event=9, session=4, car=7).collect(engine="streaming").height


def one_season(folder: str, rows: int) -> int:
    """The same measures for a season's 22 partitions at once."""
    of_season = pl.scan_delta(folder).filter(season=2026)
    return of_season.group_by("event", "session", "car").agg(*measures()).collect(engine="streaming").height


def everything(folder: str, rows: int) -> int:
    """What is global: over all rows, streamed."""
    by_car = pl.scan_delta(folder).group_by("season", "car").agg(*measures(), pl.len())
    found = by_car.collect(engine="streaming")
    assert found["len"].sum() == DeltaTable(folder).count()
    return found.height


def again(folder: str, rows: int) -> int:
    """An event that was corrected: its partition replaced, the others untouched."""
    frame = event(2026, 9, rows // len(SEASONS) // len(EVENTS))
    write_deltalake(
        folder, frame.to_arrow(), mode="overwrite", predicate="season = 2026 AND event = 9",
        writer_properties=WriterProperties(compression="ZSTD", max_row_group_size=ROWS_A_GROUP),
    )  # fmt: skip
    return frame.height


def measures() -> list[pl.Expr]:
    """The expressions of the reports."""
    return [
        pl.col("speed_kmh").max().alias("top_speed_kmh"),
        (pl.col("throttle_pct") >= 99).mean().alias("full_throttle"),
        pl.col("is_braking").mean().alias("braking"),
    ]


PARTS = {part.__name__: part for part in (write, one_event, one_car, one_season, everything, again)}


def main(rows: int, folder: str) -> None:
    """Each part in a process of its own."""
    for name in PARTS:
        command = [sys.executable, "-m", "benchmarks.timing_at_scale", "--part", name, str(rows), folder]
        subprocess.run(command, check=True, cwd=Path(__file__).parents[1])
    size = sum(file.stat().st_size for file in Path(folder).rglob("*.parquet"))
    print(f"{size / 1e9:.2f} GB, {size / rows:.1f} bytes a row")


def measured(name: str, rows: int, folder: str) -> None:
    """Do a part, and say what it took."""
    began = time.monotonic()
    came = PARTS[name](folder, rows)
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak_mb = used.ru_maxrss / 1024
    print(f"{name}: {came:,} rows, {time.monotonic() - began:.1f} s, {used.ru_utime + used.ru_stime:.1f} CPU s, "
          f"{peak_mb:.0f} MB at most", flush=True)  # fmt: skip
    assert peak_mb < MOST_MB, f"{name} needs {peak_mb:.0f} MB"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--part"]:
        measured(sys.argv[2], int(sys.argv[3]), sys.argv[4])
    else:
        with tempfile.TemporaryDirectory(prefix="f1lake-") as own:
            main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000_000, sys.argv[2] if len(sys.argv) > 2 else own)
