"""An S3 on loopback (moto's) that answers only requests signed with the key of these tests.

A process of its own: some calls of delta-rs keep Python's lock until the server has answered.
"""

import logging
from collections.abc import Callable, Iterable
from typing import Any

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


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server(
        "127.0.0.1", 0, signed_only(DomainDispatcherApplication(create_backend_app)), threaded=True
    )
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
