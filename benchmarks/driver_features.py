"""How long silver/driver_features takes for all seasons, from silver in memory. Target: 0.3 s on 2 cores.

Reads silver/session_results of the lake at `F1LAKE_LAKE`, else of `make demo`'s.
"""

import os
import statistics
import time

from f1lake.silver.driver_features import driver_features
from f1lake.storage.lake import read

REPETITIONS = 7


def main() -> None:
    """Print the median of some repetitions and the size of what came out."""
    os.environ.setdefault("F1LAKE_LAKE", "lake-demo")
    results = read("silver/session_results").collect().lazy()
    compute = driver_features.op.compute_fn.decorated_fn.__wrapped__  # without Dagster and contract
    seconds = []
    for _ in range(REPETITIONS):
        start = time.perf_counter()
        rows, columns = compute(results).shape
        seconds.append(time.perf_counter() - start)
    median = statistics.median(seconds)
    print(f"driver_features: {median:.3f} s for {rows:,} rows × {columns} columns (target 0.3 s)")


if __name__ == "__main__":
    main()
