"""Whether an S3 service can hold a lake: address, region and keys are right, and one of several writers wins.

Not here: what is in the lake, and who asks (`doctor.py`).
"""

import os
import threading
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError, NoCredentialsError

from f1lake.settings import settings
from f1lake.storage import files
from f1lake.storage.place import uri

ROUNDS, WRITERS = 40, 8
"""moto's server lets two writers win in one round of eight; forty rounds detect it in 99 of 100 trials."""
FOLDER = "_race"
PROBLEMS = {
    "NoSuchBucket": ("there is no bucket {bucket} at {host}", "make the bucket, or correct F1LAKE_LAKE"),
    "InvalidAccessKeyId": ("{host} does not know the access key", "correct AWS_ACCESS_KEY_ID"),
    "InvalidClientTokenId": ("{host} does not know the access key", "correct AWS_ACCESS_KEY_ID"),
    "SignatureDoesNotMatch": ("{host} refuses the secret of the access key", "correct AWS_SECRET_ACCESS_KEY"),
    "ExpiredToken": ("the session's token has expired", "get a new AWS_SESSION_TOKEN"),
    "RequestTimeTooSkewed": ("the clock of this machine differs from that of {host}", "set the clock"),
    "AuthorizationHeaderMalformed": ("{host} is of another region than {region}", "correct AWS_REGION"),
    "PermanentRedirect": ("the bucket {bucket} is of another region than {region}", "correct AWS_REGION"),
    "301": ("the bucket {bucket} is of another region than {region}", "correct AWS_REGION"),
    "AccessDenied": (
        "{host} does not let these keys {act} in {bucket}",
        "let them list, read, write and delete below the prefix of the lake; the app alone needs to list and read only",
    ),
}


@dataclass(frozen=True)
class Problem:
    """What is wrong, in words and without secrets, with the values of their places; and what to do."""

    state: str
    advice: str
    values: Mapping[str, object]


def problem() -> Problem | None:
    """Why this S3 service cannot hold a lake, or None. Reads first, then lets writers race; nothing is left behind.

    In each round several writers create one file at the same time and then replace it at the same time; one may win
    each.
    """
    wrong = _said(lambda: files.below(uri(FOLDER), ""), "list")
    return wrong or _said(_race, "write")


def _said(ask: Callable[[], object], act: str) -> Problem | None:
    try:
        answer = ask()
    except ClientError as error:
        state, advice = PROBLEMS.get(
            why := str(error.response["Error"]["Code"]), ("{host} answers {why}", "ask who runs it"),
        )
    except NoCredentialsError:
        why, state, advice = "", "there are no keys", "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    except (ConnectionError, HTTPClientError) as error:
        why, state, advice = type(error).__name__, "{host} does not answer ({why})", "correct AWS_ENDPOINT_URL"
    except (BotoCoreError, ValueError) as error:
        why, state, advice = type(error).__name__, "AWS's variables cannot be used ({why})", "correct AWS_ENDPOINT_URL"
    else:
        return answer if isinstance(answer, Problem) else None
    return Problem(state, advice, {"act": act, "why": why, **_where()})


def _race() -> Problem | None:
    together = threading.Barrier(WRITERS)
    address = uri(f"{FOLDER}/{uuid.uuid4().hex}")

    def write(tag: str | None) -> bool:
        together.wait(60)
        return files.put_if(address, uuid.uuid4().hex.encode(), tag) is not None

    try:
        with ThreadPoolExecutor(WRITERS) as pool:
            files.put(address, b"")  # keys that may not write are known before the race
            for number in range(ROUNDS):
                if number % 2 == 0:
                    files.remove(address)
                present = files.get_tagged(address)
                winners = sum(pool.map(write, [present and present[1]] * WRITERS))
                if winners != 1:
                    return Problem(
                        "{host} let {winners} of {writers} writers win one conditional put",
                        "no lake is safe there: use AWS S3, Ceph or another that keeps If-None-Match and If-Match",
                        {"winners": winners, "writers": WRITERS, **_where()},
                    )
    finally:
        files.remove(address)
    return None


def _where() -> dict[str, str]:
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    return {
        "host": (urlsplit(endpoint).hostname if endpoint else None) or "S3",
        "bucket": settings().lake.removeprefix("s3://").partition("/")[0],
        "region": os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "none",
    }
