"""Who is in charge of a lake: of all Dagster instances that look at it, one decides what is collected and built.

It holds a lease, `in_charge.json` in the lake, written by conditional puts, and renews it. Another instance waits, and
takes over once the lease has stood still for `LEASE_S` by its own clock: no two machines' clocks are compared. All
processes of one Dagster instance are one holder, wherever they run.
"""

import datetime as dt
import socket
import threading
import time

import dagster as dg
from dagster._core.storage.runs import SqlRunStorage
from pydantic import BaseModel

from f1lake import clock
from f1lake.storage import files
from f1lake.storage.place import uri

FILE = "in_charge.json"
LEASE_S = 120
"""How long a lease that nobody renews holds."""
RENEWED_AFTER_S = 40
"""Renewed three times before it would end."""


class Lease(BaseModel, frozen=True):
    """Who is in charge."""

    by: str
    """The Dagster instance, by the id of its storage."""
    host: str
    """The machine that renewed it last."""
    term: int
    """How many holders there have been, this one included."""
    renewed_at: dt.datetime
    """By the clock of that machine: for people."""

    def is_of(self, instance: dg.DagsterInstance) -> bool:
        """Whether this instance is in charge."""
        return self.by == _name(instance)

    @property
    def is_over(self) -> bool:
        """Whether nobody has renewed it, as far as this machine's clock tells."""
        return clock.real_time() - self.renewed_at.timestamp() > LEASE_S

    def __str__(self) -> str:
        return f"{self.host} is in charge of this lake, renewed {self.renewed_at:%Y-%m-%d %H:%M:%S} UTC"


class _Seen:
    """Of this process: the leases that it has looked at, by lake and instance, with their tags, and since when."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.leases: dict[tuple[str, str], tuple[Lease, str | None, float]] = {}


_seen = _Seen()


def read() -> Lease | None:
    """The lease as it stands in the lake; None where no instance has ever been in charge."""
    content = files.get(uri(FILE))
    return None if content is None else Lease.model_validate_json(content)


def hold(instance: dg.DagsterInstance) -> Lease:
    """The lease that holds now: this instance's, taken or renewed if it is time, or that of another.

    Two requests each `RENEWED_AFTER_S` for who is in charge, one a call for who waits.
    """
    with _seen.lock:
        while True:
            lease = _look(instance)
            if lease is not None:
                return lease


def _look(instance: dg.DagsterInstance) -> Lease | None:
    """The lease that holds now; None if somebody wrote at the same time, and it is to be looked at again."""
    own, now = (uri(FILE), _name(instance)), time.monotonic()
    lease, tag, since_s = _seen.leases.get(own, (None, None, now))
    if lease is not None and lease.is_of(instance) and now - since_s < RENEWED_AFTER_S:
        return lease
    found = files.get_tagged(uri(FILE))
    before = None if found is None else Lease.model_validate_json(found[0])
    found_tag = None if found is None else found[1]
    if before is not None and not before.is_of(instance):
        if found_tag != tag:
            since_s = now
            _seen.leases[own] = before, found_tag, now
        if now - since_s < LEASE_S:
            return before
    term = 1 if before is None else before.term + (not before.is_of(instance))
    renewed_at = dt.datetime.fromtimestamp(clock.real_time(), dt.UTC)
    new = Lease(by=own[1], host=socket.gethostname(), term=term, renewed_at=renewed_at)
    if not files.put_if(uri(FILE), new.model_dump_json().encode(), found_tag):
        return None
    _seen.leases[own] = new, None, now
    return new


def _name(instance: dg.DagsterInstance) -> str:
    storage = instance.run_storage
    assert isinstance(storage, SqlRunStorage), "Dagster has no other"
    return storage.get_run_storage_id()
