"""Gradio comes without stubs and pandas, and what it was imported with is as before."""

import subprocess
import sys

IMPORTED = """
import inspect, sys
stubs = []
sys.addaudithook(lambda event, values: event == "open" and str(values[0]).endswith(".pyi") and stubs.append(values[0]))
file_of = inspect.getfile
import f1lake.app.server
assert not stubs, stubs[0]
assert not {"pandas", "pyarrow"} & set(sys.modules)
assert inspect.getfile is file_of
import gradio, pandas
assert inspect.getfile(gradio.HTML).endswith("html.py")
assert pandas.DataFrame({"points": [25]}).points.sum() == 25
"""


def test_gradio_writes_no_stubs_and_brings_no_pandas() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORTED], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
