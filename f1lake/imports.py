"""How libraries are imported where seconds count."""

import contextlib
import gc
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def without_garbage() -> Iterator[None]:
    """A context for imports: what they create is not searched for garbage, neither now nor later.

    A search goes through all objects, and hundreds of thousands of new ones start many: a fifth of the time. Where all
    is imported already nothing is taken out of later searches, for garbage would be taken out with it.
    """
    was_enabled, known = gc.isenabled(), len(sys.modules)
    gc.disable()
    try:
        yield
    finally:
        if len(sys.modules) > known:
            gc.freeze()
        if was_enabled:
            gc.enable()


@contextlib.contextmanager
def as_if_not_installed(library: str) -> Iterator[None]:
    """A context in which a library that is not imported yet cannot be, so that others do without it."""
    is_new = library not in sys.modules
    if is_new:
        sys.modules[library] = None  # pyright: ignore[reportArgumentType]
    try:
        yield
    finally:
        if is_new:
            del sys.modules[library]
