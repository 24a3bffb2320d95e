"""What a refresh after a race costs: CPU of the run, and the seconds of its steps.

    python -m benchmarks.refresh

Needs the lake of `make demo` (or that at `F1LAKE_LAKE`) with its home beside it. Both are copied to a temporary folder,
where the present season is made anew twice; the second time counts, when nothing has to be imported.
"""

import os
import shutil
import tempfile
import time
from pathlib import Path

import dagster as dg

from f1lake import clock, runs
from f1lake.home import dagster_home

MODELS = ("model", "odds")
SHOWN = 12


def main() -> None:
    """Print the total, and the longest steps."""
    lake = Path(os.environ.get("F1LAKE_LAKE", "lake-demo")).resolve()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(lake, Path(folder, lake.name))
        shutil.copytree(lake.parent / ".f1lake" / lake.name, Path(folder, ".f1lake", lake.name))
        os.environ["F1LAKE_LAKE"] = str(Path(folder, lake.name))
        dagster_home()
        season = str(clock.now().year)
        with dg.DagsterInstance.get() as instance:
            runs.run("refresh", instance, (season, season))
            began = time.process_time()
            result = runs.run("refresh", instance, (season, season))
            cpu_s = time.process_time() - began
            stats = instance.get_run_step_stats(result.run_id)
    lasted = {each.step_key: each.end_time - each.start_time for each in stats if each.end_time and each.start_time}
    of_odds = sum(s for step, s in lasted.items() if step.startswith(MODELS))
    print(f"{cpu_s:.1f} CPU s")
    print(f"{len(lasted)} steps last {sum(lasted.values()):.1f} s, those of model and odds {of_odds:.1f} s")
    for step, seconds in sorted(lasted.items(), key=lambda item: -item[1])[:SHOWN]:
        print(f"{seconds:6.2f} s  {step.replace('__', '/', 1)}")


if __name__ == "__main__":
    main()
