"""Downloads a body in parts, up to a size: archives and files of services that count no requests.

What does not belong here: what is requested, and what its absence means (`dump/service.py`, `f1db/service.py`).
"""

import requests

from f1lake.upstream.answers import Answer
from f1lake.upstream.progress import report

TIMEOUT_S = (5, 60)
"""Timeouts: to connect, and between two parts of an answer."""
MIB = 2**20


class DownloadError(Exception):
    """The body did not arrive.

    `status` is that of the answer, if there was one, and `has_left` whether the request may have reached the service.
    """

    def __init__(self, happened: str, status: int | None = None, *, has_left: bool = True) -> None:
        super().__init__(happened)
        self.status, self.has_left = status, has_left


def body(session: requests.Session, what: str, address: str, most_bytes: int, accept: str = "*/*") -> bytes:
    """The body at an address; reading stops a little beyond `most_bytes`. Raises `DownloadError`."""
    received = bytearray()
    try:
        with session.get(address, headers={"Accept": accept}, timeout=TIMEOUT_S, stream=True) as answer:
            if answer.status_code != 200:
                raise DownloadError(f"the service answers with status {answer.status_code}", answer.status_code)
            for part in answer.iter_content(MIB):
                received += part
                report(f"MiB of {what}", -(-len(received) // MIB), -(-most_bytes // MIB))
                if len(received) > most_bytes:
                    break
    except requests.RequestException as error:
        has_left = Answer(address, error=error).has_left
        raise DownloadError(f"it does not come through ({type(error).__name__})", has_left=has_left) from error
    return bytes(received)
