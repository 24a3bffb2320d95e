"""The web server of the app: imports what it needs, as lean as it can, and serves it."""

import gc
import importlib
import os

from f1lake.imports import as_if_not_installed, without_garbage

GRACE_S = 5
"""How long an end waits for open answers: a page that stands open in a browser keeps one indefinitely."""

FOR_POLARS = {"POLARS_MAX_THREADS": "1", "_RJEM_MALLOC_CONF": "narenas:1,dirty_decay_ms:200,muzzy_decay_ms:0"}
"""Read as it is imported. A view asks it fifty small questions, and each would be handed from thread to thread. What a
question needed is given back after a fifth of a second instead of ten, and threads have no memory of their own: 20 MB.
"""


def launch() -> None:
    """Serve until interrupted, at Gradio's own GRADIO_SERVER_NAME and GRADIO_SERVER_PORT.

    Behind a proxy that serves the page below a path, GRADIO_ROOT_PATH is that path (`/odds`).
    """
    for name, value in FOR_POLARS.items():
        os.environ.setdefault(name, value)
    with as_if_not_installed("pyarrow"):  # 27 MB that polars imports where they are there, and needs for nothing here
        with without_garbage():
            with as_if_not_installed("sqlalchemy"):  # 14 MB, the same with dataframely
                importlib.import_module("dataframely")
            import uvicorn

            from f1lake.app.application import application
            from f1lake.app.live import Live
            from f1lake.app.page import prepare
        live = Live(prepare)
        live.watch()
        app = application(live)
        gc.freeze()  # visitors would wait while all of this is searched for garbage
        uvicorn.run(
            app, host=os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"),
            port=int(os.environ.get("GRADIO_SERVER_PORT", "7860")), log_level="warning",
            timeout_graceful_shutdown=GRACE_S,
        )


if __name__ == "__main__":
    launch()
