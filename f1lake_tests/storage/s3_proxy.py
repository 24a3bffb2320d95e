"""A proxy before an S3, in a process of its own: it counts requests, delays them, and fails as networks do.

It passes on what it is sent byte for byte, so signatures hold. What does not belong here: what is stored (`ceph.py`).
"""

import asyncio
import json
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

OWN = "/-proxy-"
FAILURES = {
    "500": b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "503": b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "cut": b"",
}
CHUNK = 65536


class Proxy:
    """A running proxy: `address` is where clients go."""

    def __init__(self, address: str) -> None:
        self.address = address

    def counted(self) -> dict[str, int]:
        """The requests since the last call: by method, `LIST` apart from `GET`."""
        return self._ask("counted")["requests"]

    def paths(self) -> list[str]:
        """Method and path of each request since the last call of `counted`."""
        return self._ask("paths")["paths"]

    def delay(self, seconds: float) -> None:
        """Answer each request so much later."""
        self._ask(f"delay?s={seconds}")

    def fail(self, every: int, kinds: tuple[str, ...] = tuple(FAILURES)) -> None:
        """Fail each so-many-th request (0: none), by turns as named; `late` cuts the answer of one that is done."""
        self._ask(f"fail?every={every}&kinds={','.join(kinds)}")

    def _ask(self, what: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.address}{OWN}{what}", timeout=30) as answer:
            return json.loads(answer.read())


@contextmanager
def proxy_of(address: str) -> Iterator[Proxy]:
    """A proxy before an address `http://host:port`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "f1lake_tests.storage.s3_proxy", address], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield Proxy(process.stdout.readline().strip())
    finally:
        process.kill()
        process.wait(30)


class _Server:
    def __init__(self, address: str) -> None:
        split = urlsplit(address)
        self._host, self._port = split.hostname, split.port
        self._paths, self._delay_s, self._every, self._kinds, self._seen = list[str](), 0.0, 0, [""], 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ahead, behind = await asyncio.open_connection(self._host, self._port)
        try:
            while await self._one(reader, writer, ahead, behind):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # a client that is done, or was killed
        finally:
            writer.close()
            behind.close()

    async def _one(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter,
        ahead: asyncio.StreamReader, behind: asyncio.StreamWriter,
    ) -> bool:
        """Pass on one request and its answer; False where the connection ends with it."""
        head = await reader.readuntil(b"\r\n\r\n")
        method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        if path.startswith(OWN):
            writer.write(self._own(path.removeprefix(OWN)))
            await writer.drain()
            return True
        self._paths.append(f"{method} {path}")
        await asyncio.sleep(self._delay_s)
        self._seen += 1
        failure = self._kinds[self._seen // self._every % len(self._kinds)] if self._fails() else None
        if failure in FAILURES:
            writer.write(FAILURES[failure])
            await writer.drain()
            return False
        behind.write(head)
        body = asyncio.create_task(_copy_body(head, reader, behind))
        answer = await ahead.readuntil(b"\r\n\r\n")
        while answer.split(b" ", 2)[1].startswith(b"1"):
            writer.write(answer)
            answer = await ahead.readuntil(b"\r\n\r\n")
        await body
        if failure == "late":
            return False
        writer.write(answer)
        if method != "HEAD" and answer.split(b" ", 2)[1] not in (b"204", b"304"):
            await _copy_body(answer, ahead, writer)
        await writer.drain()
        return True

    def _fails(self) -> bool:
        return bool(self._every) and self._seen % self._every == 0

    def _own(self, request: str) -> bytes:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(request).query).items()}
        told: dict[str, Any] = {}
        match urlsplit(request).path:
            case "counted":
                told["requests"], self._paths = Counter(map(_kind, self._paths)), []
            case "paths":
                told["paths"] = self._paths
            case "delay":
                self._delay_s = float(asked["s"])
            case "fail":
                self._every, self._kinds = int(asked["every"]), asked["kinds"].split(",")
        body = json.dumps(told).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def _kind(path: str) -> str:
    return "LIST" if path.startswith("GET") and "list-type=2" in path else path.partition(" ")[0]


async def _copy_body(head: bytes, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    if headers.get(b"transfer-encoding") == b"chunked":
        while True:
            size = await source.readuntil(b"\r\n")
            chunk = await source.readexactly(int(size.split(b";")[0], 16) + 2)
            target.write(size + chunk)
            if int(size.split(b";")[0], 16) == 0:
                break
    left = int(headers.get(b"content-length", b"0"))
    while left:
        chunk = await source.readexactly(min(left, CHUNK))
        target.write(chunk)
        await target.drain()
        left -= len(chunk)
    await target.drain()


async def _main(address: str) -> None:
    listening = await asyncio.start_server(_Server(address).serve, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", flush=True)
    await listening.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
