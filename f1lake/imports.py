"""How libraries are imported where seconds count."""

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def without_garbage() -> Iterator[None]:
    """A context for imports: what they create is not searched for garbage, neither now nor later.

    A search goes through all objects, and hundreds of thousands of new ones start many: a fifth of the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
