"""Which instance is in charge of a lake: one of all Dagster instances decides what is collected and built.

The instance in charge holds a lease, `in_charge.json` in the lake, written by conditional puts, and renews it. Another
instance takes over once the lease has not changed for `LEASE_S` by its own clock, so that clocks of two machines are
never compared. All processes of one Dagster instance are one holder, wherever they run.
"""

import datetime as dt
import socket
import threading
import time

import dagster as dg
from pydantic import BaseModel

from f1lake import clock
from f1lake.storage import files
from f1lake.storage.place import uri

FILE = "in_charge.json"
LEASE_S = 120
"""How long a lease is valid without renewal."""
RENEWED_AFTER_S = 40
"""A lease is renewed three times before it would end."""


class Lease(BaseModel, frozen=True):
    """Who is in charge."""

    by: str
    """The Dagster instance, identified by its storage."""
    host: str
    """The machine that renewed it last."""
    term: int
    """The number of holders so far, including this one."""
    renewed_at: dt.datetime
    """The time by the clock of that machine, for people."""

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
    """The state of this process: the leases it has read, by lake and instance, with their tags and since when."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.leases: dict[tuple[str, str], tuple[Lease, str | None, float]] = {}


_seen = _Seen()


def read() -> Lease | None:
    """The lease in the lake; None if no instance has ever been in charge."""
    content = files.get(uri(FILE))
    return None if content is None else Lease.model_validate_json(content)


def hold(instance: dg.DagsterInstance) -> Lease:
    """The valid lease: this instance's, acquired or renewed if necessary, or that of another.

    The holder sends two requests every `RENEWED_AFTER_S`, the others one per call.
    """
    with _seen.lock:
        while True:
            lease = _look(instance)
            if lease is not None:
                return lease


def _look(instance: dg.DagsterInstance) -> Lease | None:
    """The valid lease; None if somebody wrote at the same time and it has to be read again."""
    own, now = (uri(FILE), _name(instance)), time.monotonic()
    lease, tag, since_s = _seen.leases.get(own, (None, None, now))
    if lease is not None and lease.is_of(instance) and now - since_s < RENEWED_AFTER_S:
        return lease
    tagged = files.get_tagged(uri(FILE))
    before = None if tagged is None else Lease.model_validate_json(tagged[0])
    found_tag = None if tagged is None else tagged[1]
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
    from dagster._core.storage.runs import SqlRunStorage  # who only reads the lease needs none of it

    storage = instance.run_storage
    assert isinstance(storage, SqlRunStorage), "Dagster has no other"
    return storage.get_run_storage_id()
