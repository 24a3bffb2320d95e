"""The app is served without libraries that it has no use for; what it was imported with is as before."""

import os
import subprocess
import sys
from pathlib import Path

import polars as pl

IMPORTED = """
import inspect, sys
stubs = []
sys.addaudithook(lambda event, values: event == "open" and str(values[0]).endswith(".pyi") and stubs.append(values[0]))
file_of = inspect.getfile
import f1lake.app.application
assert not stubs, stubs[0]
assert "pandas" not in sys.modules
assert inspect.getfile is file_of
import gradio, pandas
assert inspect.getfile(gradio.HTML).endswith("html.py")
assert pandas.DataFrame({"points": [25]}).points.sum() == 25
"""
LAUNCHED = """
import gc, sys, uvicorn
uvicorn.run = lambda app, **how: print({name for name in ("pandas", "pyarrow", "sqlalchemy") if sys.modules.get(name)})
from f1lake.app.server import launch
launch()
import polars, pyarrow, sqlalchemy
assert gc.isenabled() and polars.thread_pool_size() == 1
"""


def python(program: str, **environment: str) -> str:
    """What a program prints."""
    done = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | environment, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_gradio_writes_no_stubs_and_brings_no_pandas() -> None:
    python(IMPORTED)


def test_the_server_reads_tables_without_pyarrow_and_sqlalchemy(tmp_path: Path) -> None:
    pl.DataFrame({"season": [2026]}).write_delta(str(tmp_path / "silver" / "events"))
    assert python(LAUNCHED, F1LAKE_LAKE=str(tmp_path)) == "set()\n"
