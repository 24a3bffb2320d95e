"""A small server of a recording, for where the recorded upstream's own is not beside the checkout.

It answers what `Recording` answers, counts, and fails as told; what else the recorded upstream can do
(clock, corrections, calendars) it refuses, and those tests skip.
"""

import collections
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from f1lake.upstream.recording import Recording

NOT_SERVED = 501


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address at which a recording is served while the context lasts."""
    recording, asked, faults = Recording(folder), collections.Counter[str](), list[dict[str, Any]]()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/_control/log":
                return self._answer(200, json.dumps({"requests": asked.total(), "by_path": asked}).encode())
            asked[self.path] += 1
            fault = next((f for f in faults if f.get("times", 1) > 0 and f.get("match", "") in self.path), {})
            fault["times"] = fault.get("times", 1) - 1
            time.sleep(fault.get("delay_s", 0))
            if "status" in fault:
                return self._answer(fault["status"], b"{}", {"Retry-After": fault.get("retry_after")})
            body = recording.offer(self.path)
            if body is None:
                return self._answer(404, b"{}")
            return self._answer(200, body[: len(body) // 2] if fault.get("truncate") else body)

        def do_POST(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path != "/_control/faults":
                return self._answer(NOT_SERVED, b"{}")
            faults[:] = sent
            return self._answer(200, b"{}")

        def _answer(self, status: int, body: bytes, headers: dict[str, Any] | None = None) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                if value is not None:
                    self.send_header(name, str(value))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with serving(Handler) as address:
        yield address


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """The address at which a handler answers on loopback while the context lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
