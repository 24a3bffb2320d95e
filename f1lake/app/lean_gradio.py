"""Gradio for the modules of the app, imported in half the time and without pandas.

Each import of Gradio writes stubs for editors beside its components, which takes as long as all the rest; a component
without a file gets none. pandas (70 MB with pyarrow) is there for frames as arguments of functions that Gradio caches,
and the app has none.
"""

import inspect
import sys
from types import ModuleType
from typing import Any

from f1lake.imports import without_garbage

_file_of = inspect.getfile


def _file_unless_gradios(what: Any) -> str:
    if str(getattr(what, "__module__", None)).startswith("gradio."):
        raise OSError("no stub is to be written beside it")
    return _file_of(what)


_no_pandas = ModuleType("pandas")
_no_pandas.DataFrame = _no_pandas.Series = type("NoFrame", (), {})  # pyright: ignore[reportAttributeAccessIssue]
_stands_in = "pandas" not in sys.modules
if _stands_in:
    sys.modules["pandas"] = _no_pandas
inspect.getfile = _file_unless_gradios
try:
    with without_garbage():
        import gradio as gr
        import gradio.themes as themes
        from gradio.events import api
finally:
    inspect.getfile = _file_of
    if _stands_in:
        del sys.modules["pandas"]

__all__ = ["api", "gr", "themes"]
