"""Freshness by the calendar: every race that has ended is in the lake, and the odds include it.

The checks run twice a day, because a lake becomes stale without a run. In August and in winter there are no races, and
nothing is stale. An event that has ended but is not published yet is waited for; after `PATIENCE` the check warns. No
run fails because of it.
"""

import datetime as dt

import dagster as dg
import polars as pl

from f1lake import clock
from f1lake.automation.due import attempts
from f1lake.automation.upkeep import in_charge
from f1lake.partitions import EVENT_KEY
from f1lake.settings import settings
from f1lake.storage.lake import read, version
from f1lake.storage.release import outdated
from f1lake.storage.schemas import CONTRACTS

PATIENCE = dt.timedelta(days=3)
"""Results follow within hours; a weekend without the service is no reason to alert anybody."""
CALENDAR_BY = (3, 1)
"""Month and day by which the season's calendar must be known: since 2002 no season has begun before March."""
ODDS = ("odds/title_odds", "odds/constructor_title_odds")


@dg.asset_check(
    asset=["silver", "session_results"],
    description="Every race and sprint that ended more than three days ago has results, and the season has a calendar.",
)
def follows_the_calendar() -> dg.AssetCheckResult:
    """Compare silver/events with the results at the lake's clock; the message names what is awaited or overdue."""
    now = clock.now()
    calendar, results = read("silver/events").collect(), read("silver/session_results").collect()
    missing = unpublished(calendar, results, now)
    overdue = missing.filter(pl.col("ended_at") <= now - PATIENCE)
    waiting = {"waiting for": ", ".join(missing["name"]) or "nothing", "now": f"{now:%Y-%m-%d %H:%M} UTC"}
    if now.year not in calendar["season"] and (now.month, now.day) >= CALENDAR_BY:
        why = f"the season {now.year} has no calendar: `f1lake collect` asks for it"
        return dg.AssetCheckResult(passed=False, description=why, metadata=waiting)
    if overdue.is_empty():
        return dg.AssetCheckResult(passed=True, metadata=waiting)
    first = overdue.row(0, named=True)
    last = attempts.last_asked(attempts.read()[0], first["event"])
    was_asked = last is not None and last > first["ended_at"]
    more = f", nor have {overdue.height - 1} after it" if overdue.height > 1 else ""
    why = f"{first['name']}, which ended on {first['ended_at']:%Y-%m-%d}, has no results{more}. " + (
        f"The source was asked on {last:%Y-%m-%d} and had none"
        if last and was_asked
        else "The source has not been asked since: is the daemon running, do collections fail? `f1lake doctor` tells"
    )
    severity = dg.AssetCheckSeverity.WARN if was_asked else dg.AssetCheckSeverity.ERROR
    return dg.AssetCheckResult(passed=False, severity=severity, description=why, metadata=waiting)


def unpublished(calendar: pl.DataFrame, results: pl.DataFrame, now: dt.datetime) -> pl.DataFrame:
    """The races and sprints after the last with results that have ended: [event, name, ended_at], oldest first.

    `calendar` and `results` are rows of silver/events and silver/session_results. Missing results before the last ones
    are a gap, which another check reports. A session without a time of day ends on the day after.
    """
    sessions = pl.concat([
        calendar.select(
            "season", "round", "event_name", session=pl.lit(session),
            ended_at=(pl.col(start) + clock.SESSION_LENGTH).fill_null(
                pl.col(day).cast(pl.Datetime("us", "UTC")) + pl.duration(days=1)
            ),
        )
        for session, start, day in [("Sprint", "sprint_start", "sprint_date"), ("Race", "race_start", "event_date")]
    ])  # fmt: skip
    held = results.select("season", "round", pl.col("session").cast(pl.String)).unique()
    last = sessions.join(held, on=held.columns)["ended_at"].max()
    return (
        sessions.filter(pl.col("ended_at") <= now, pl.col("season") >= settings().from_season)
        .filter(pl.col("ended_at") > last if last is not None else True)
        .join(held, on=held.columns, how="anti")
        .sort("ended_at")
        .select(
            event=EVENT_KEY,
            name=pl.concat_str(pl.col("event_name"), pl.lit(" "), EVENT_KEY, pl.lit(" ("), "session", pl.lit(")")),
            ended_at="ended_at",
        )
    )


@dg.asset_check(
    asset=["odds", "title_odds"],
    description="The newest odds of drivers and constructors include the last race or sprint in the lake.",
)
def follow_the_results() -> dg.AssetCheckResult:
    """Results can be newer than the odds: the run after them failed, or nobody requested it."""
    held = read("silver/session_results").filter(pl.col("session").cast(pl.String) != "Qualifying")
    last = held.select(pl.col("session_date").max()).collect().item()
    newest = {
        name: read(name).select(pl.col("as_of").max()).collect().item() for name in ODDS if version(name) is not None
    }
    behind = {name: as_of for name, as_of in newest.items() if as_of is None or last is None or as_of < last}
    why = "; ".join(f"{name} is as of {as_of}, the last session was on {last}" for name, as_of in behind.items())
    return dg.AssetCheckResult(
        passed=not behind,
        description=f"{why}. The job `refresh` over the season, or `f1lake build` and `f1lake odds`, computes them"
        if behind
        else None,
        metadata={name: str(as_of) for name, as_of in newest.items()} | {"last session": str(last)},
    )


@dg.asset_check(
    asset=["silver", "session_results"],
    description="Every table was built as a whole with the columns of this release. If not, run `f1lake migrate`.",
)
def is_of_this_release() -> dg.AssetCheckResult:
    """After an upgrade, the run of one season fills new columns for that season only."""
    old = outdated(CONTRACTS)
    return dg.AssetCheckResult(
        passed=not old,
        description=f"{len(old)} tables are of an earlier release: `f1lake migrate` rebuilds them" if old else None,
        metadata={"tables": ", ".join(old)},
    )


FRESHNESS = [follows_the_calendar, follow_the_results, is_of_this_release]

freshness = dg.define_asset_job(
    "freshness",
    dg.AssetSelection.checks(*FRESHNESS),
    description="Checks that every race that has ended is in the lake and in the odds.",
)


@dg.schedule(
    job=freshness,
    cron_schedule="0 6,18 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Twice a day: a lake becomes stale without a run.",
)
def twice_daily_freshness(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Request the checks if this instance is in charge of the lake and the lake has results."""
    lease = in_charge.hold(context.instance)
    if not lease.is_of(context.instance):
        return dg.SkipReason(f"waiting: {lease}")
    if version("silver/session_results") is None or version("silver/events") is None:
        return dg.SkipReason("the lake has no results yet")
    return dg.RunRequest()
