"""`f1lake doctor`: what is configured, what answers, and what is stale. It changes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import polars as pl
import requests

from f1lake import clock
from f1lake.automation.due.planner import plan
from f1lake.automation.due.status import waiting_for
from f1lake.automation.upkeep import in_charge
from f1lake.cli.lakes import NoLakeError, require_lake
from f1lake.cli.portuguese import event, figure, said, told
from f1lake.contracts import declared
from f1lake.settings import settings
from f1lake.storage import trust
from f1lake.storage.lake import delta_table, read, version
from f1lake.storage.place import on_s3
from f1lake.storage.raw_io import stored_keys
from f1lake.storage.release import outdated
from f1lake.storage.world import MixedWorldsError, require_world_of
from f1lake.upstream import live_timing
from f1lake.upstream.dump.kept import kept, last_asked
from f1lake.upstream.f1db import kept as f1db
from f1lake.upstream.failures import UpstreamError
from f1lake.upstream.recording import source_of
from f1lake.upstream.services import API

PATIENCE_S = 3
RAW_TABLES = ("raw/event_schedule", "raw/session_results", "raw/driver_standings", "raw/constructor_standings")
TABLES = ("bronze/session_results", "silver/driver_features", "abt/title_abt", "model/title_model", "odds/title_odds")


@dataclass(frozen=True)
class Finding:
    """One line of the report; `advice` is empty if all is well."""

    what: str
    state: str
    advice: str = ""

    @property
    def fine(self) -> bool:
        """Whether no action is needed."""
        return not self.advice


def findings() -> Iterator[Finding]:
    """Report on settings, upstream, clock, raw, tables and odds; only on the lake if its S3 service cannot be used."""
    if (wrong := trust.problem() if on_s3() else None) is not None:
        yield Finding("lake", f"{settings().lake}: {said(wrong.state, **wrong.values)}", wrong.advice)
        return
    yield _lake()
    yield Finding("Dagster and MLflow home", str(settings().home))
    yield Finding("first season", str(settings().from_season))
    yield Finding(
        "now", f"{clock.now():%Y-%m-%d %H:%M} UTC" + (f" (F1LAKE_NOW={settings().now})" if settings().now else "")
    )
    if (lease := in_charge.read()) is not None:
        yield Finding("in charge", said("nobody: {host} was", host=lease.host) if lease.is_over else str(lease))
    yield _upstream()
    yield from _worlds()
    yield from _dump()
    yield from _f1db()
    yield _live_timing()
    for table in RAW_TABLES:
        keys = stored_keys(table)
        if keys:
            state = said("{count} files, {first} to {last}", count=len(keys), first=keys[0], last=keys[-1])
            yield Finding(table, state)
        else:
            yield Finding(table, said("empty"), "f1lake collect")
    yield from _due()
    for table in TABLES:
        delta = delta_table(table)
        if delta is None:
            advice = "f1lake train" if table.startswith("model") else "f1lake build, then f1lake odds"
            yield Finding(table, said("missing"), advice)
        else:
            rows = figure(delta.count())
            yield Finding(table, said("{rows} rows, version {version}", rows=rows, version=delta.version()))
    yield from _odds()
    if old := outdated(declared()):
        state = said("tables of an earlier one ({count}): {first} …", count=len(old), first=", ".join(old[:3]))
        yield Finding("release", state, "f1lake migrate")


def _lake() -> Finding:
    try:
        require_lake()
    except NoLakeError as error:
        return Finding("lake", said("{lake} holds nothing", lake=settings().lake), told(error))
    return Finding("lake", settings().lake)


def _worlds() -> Iterator[Finding]:
    """Report if the upstream belongs to another world than the lake, because then nothing would be collected."""
    try:
        require_world_of("collection", {source_of(settings().recording)})
    except MixedWorldsError as error:
        yield Finding("worlds", told(error), "set F1LAKE_UPSTREAM to this lake's world, or another F1LAKE_LAKE")


def _dump() -> Iterator[Finding]:
    """The age of the bulk dump and the outcome of the last download; nothing on a recording, which needs no dump."""
    if settings().recording:
        return
    dump, last = kept(), last_asked()
    if dump is not None:
        days = (clock.now() - dump.made_at).days
        yield Finding("bulk dump", said("of {made_at:%Y-%m-%d}, {days} days old", made_at=dump.made_at, days=days))
    if last is None:
        yield Finding("bulk dump", said("not asked for yet: `f1lake collect` does where a lake has no history"))
    elif last.failure:
        asked = said("asked for {at:.16}: {failure}", at=last.at, failure=last.failure)
        yield Finding("bulk dump", asked, "f1lake collect, a day after that")


def _f1db() -> Iterator[Finding]:
    """Which release of F1DB the lake keeps, and what came of asking for one; it is optional, so nothing is advised."""
    if settings().recording:
        return
    release, last = f1db.kept(), f1db.last_asked()
    state = said("{tag}, the newest that the lake has", tag=release.tag) if release else said("none kept")
    if last and last.failure:
        state += "; " + said("asked for {at:.16}: {failure}", at=last.at, failure=last.failure)
    yield Finding("F1DB", state)


def _live_timing() -> Finding:
    if not live_timing.is_available():
        wants = said("not collected: it wants an F1TV account (F1_USERNAME, F1_PASSWORD), and the live services")
        return Finding("live timing", wants)
    try:
        live_timing.try_sign_in()
    except UpstreamError as error:
        return Finding("live timing", str(error).removesuffix(f" {error.advice}."), error.advice)
    return Finding("live timing", said("the account is accepted, F1 answers this machine"))


def _upstream() -> Finding:
    if settings().recording:
        return Finding("upstream", said("recording {folder}", folder=settings().upstream))
    address = settings().upstream or API
    try:
        requests.head(address, timeout=PATIENCE_S)
    except requests.RequestException as error:
        host, why = urlsplit(address).netloc, type(error).__name__
        state = said("{host} does not answer ({why})", host=host, why=why)
        return Finding("upstream", state, "check the network, or set F1LAKE_UPSTREAM")
    return Finding("upstream", said("{address} answers", address=address))


def _due() -> Iterator[Finding]:
    """What `f1lake collect` would request, and what a daemon waits for."""
    planned = plan(None, tried=())
    if planned.stored.calendar.is_empty():
        yield Finding("next session", said("unknown without a calendar"), "f1lake collect")
        return
    names = [question.name for question in planned.questions]
    if names:
        yield Finding("due for collection", ", ".join(names[:5]) + (" …" if names[5:] else ""), "f1lake collect")
    awaited = waiting_for(planned.stored, planned.attempts, clock.now())
    values = dict(awaited.values)
    if "session" in values:
        values |= {"session": said(values["session"]), "raceName": event(values["raceName"])}
    yield Finding("next session", said(awaited.text, **values))


def _odds() -> Iterator[Finding]:
    """Odds are stale if a race or sprint later than the last `as_of` is stored."""
    if version("silver/session_results") is None or version("odds/title_odds") is None:
        return  # said above
    held = read("silver/session_results").filter(pl.col("session").cast(pl.String) != "Qualifying")
    last_session = held.select(pl.col("session_date").max()).collect().item()
    as_of = read("odds/title_odds").select(pl.col("as_of").max()).collect().item()
    if as_of is None:
        yield Finding("odds", said("none: the lake has too few seasons for a model"))
    elif last_session > as_of:
        state = said("as of {day}, the last session was on {last}", day=as_of, last=last_session)
        yield Finding("odds", state, "f1lake build, f1lake odds")
    else:
        yield Finding("odds", said("as of {day}, the last published session", day=as_of))
