"""An S3 on loopback (moto's) that answers only requests signed with the key of these tests.

A process of its own: some calls of delta-rs keep Python's lock until the server has answered.
"""

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from moto.s3.models import S3Backend
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

KEY_ID = "a-key-of-these-tests"


def signed_only(application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Refuse what is not signed, or signed with another key."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if f"Credential={KEY_ID}/" in environ.get("HTTP_AUTHORIZATION", ""):
            return application(environ, start_response)
        start_response("403 Forbidden", [("Content-Type", "application/xml")])
        return [b"<Error><Code>AccessDenied</Code><Message>not signed</Message></Error>"]

    return answer


def slowly(put: Callable[..., Any]) -> Callable[..., Any]:
    """Write as late as on a busy machine: moto has looked at the condition by then, and others come between."""

    def put_late(*arguments: Any, **named: Any) -> Any:
        time.sleep(0.01)
        return put(*arguments, **named)

    return put_late


if __name__ == "__main__":
    S3Backend.put_object = slowly(S3Backend.put_object)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server(
        "127.0.0.1", 0, signed_only(DomainDispatcherApplication(create_backend_app)), threaded=True
    )
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
