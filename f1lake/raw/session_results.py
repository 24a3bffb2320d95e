"""raw/session_results: the rows of races, sprints and qualifyings, as far as they are published."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake import clock
from f1lake.partitions import RACE_EVENTS, event_key, season_and_round, seasons_of
from f1lake.raw.event_schedule import SOURCE, UTC_TIME, session_ends
from f1lake.raw.plausible import EVENT, SESSION, believed_results, warn
from f1lake.raw.result_listings import fewest_listings, is_in, read_results
from f1lake.storage.contract import enforced, table
from f1lake.storage.raw_io import RawIOManager, partition_path, stored_keys
from f1lake.upstream.failures import (
    OtherEventError,
    ResultsGoneError,
    SourceChangedError,
    UpstreamError,
    raise_one_of,
)
from f1lake.upstream.pages import PAGE_ROWS, described
from f1lake.upstream.session import collecting, read_each
from f1lake.upstream.unknown_fields import UNKNOWN

if TYPE_CHECKING:
    from f1lake.upstream.fastf1_session import UpstreamSession

TABLE = "raw/session_results"
REGISTERED = ["circuitId", "raceDate"]
"""The columns that distinguish an event from another with the same number in another calendar."""
ROWS_A_SESSION = 22
SESSIONS_TAG = "f1lake/sessions"
POINTS_WITHIN = 0.011
"""The source rounds points to the hundredth (25.14): sums may differ by so much."""
SESSION_TYPE = pl.Enum(["Race", "Sprint", "Qualifying"])
KEY_PART = {"key": True, "part": True}


class Results(dy.Schema):
    """The columns that raw and bronze share: all except durations, which Delta cannot store as such."""

    season = dy.Int32(min=1950, metadata={"key": True}, description="year of the championship")
    round = dy.Int32(min=1, metadata=KEY_PART, description="place in the season's calendar, from 1")
    session = dy.Enum(SESSION_TYPE.categories, metadata=KEY_PART, description="which session of the weekend")
    driverId = dy.String(metadata={"key": True}, description="the source's id of the driver")
    number = dy.Int64(
        nullable=True,
        metadata={"key": True},
        description="car number; two for a driver who shared cars",
    )
    raceName = dy.String(description="name of the event")
    raceDate = dy.Date(
        nullable=True, description="day of the race (not of this session)", metadata={"alias": "round"}
    )
    circuitId = dy.String(description="the source's id of the circuit")
    position = dy.Int64(
        nullable=True, min=1, description="finishing order, the unclassified included; ties in shared drives"
    )
    positionText = dy.String(
        nullable=True, description="a number if classified, else R, D, E, W, F, N; null in qualifying"
    )
    points = dy.Float64(nullable=True, min=0, description="points of the session; null in qualifying")
    grid = dy.Int64(nullable=True, min=0, description="place on the grid; 0 from the pit lane or never started")
    laps = dy.Int64(nullable=True, min=0, description="laps completed", metadata={"unit": "laps"})
    status = dy.String(nullable=True, description="Finished, +1 Lap or Lapped, or why not")
    driverNumber = dy.Int64(nullable=True, description="the driver's permanent number, since 2014")
    driverCode = dy.String(nullable=True, description="three letters of the timing screens")
    driverUrl = dy.String(nullable=True, description="article about the driver")
    givenName = dy.String(description="given name")
    familyName = dy.String(description="family name")
    dateOfBirth = dy.Date(nullable=True, description="day of birth")
    driverNationality = dy.String(nullable=True, description="nationality of the driver")
    constructorId = dy.String(description="the source's id of the constructor")
    constructorUrl = dy.String(nullable=True, description="article about the constructor")
    constructorName = dy.String(description="name of the constructor")
    constructorNationality = dy.String(nullable=True, description="nationality of the constructor")
    totalRaceTimeMillis = dy.Int64(
        nullable=True,
        metadata={"unit": "ms"},
        description="race time of those with one, the lapped too from 2023",
    )
    fastestLapRank = dy.Int64(nullable=True, description="rank of the driver's fastest lap")
    fastestLapNumber = dy.Int64(nullable=True, description="lap on which it was driven")
    fastestLapTimeMillis = dy.Int64(
        nullable=True, description="fastest lap, where the source has it so", metadata={"unit": "ms"}
    )
    fastestLapAvgSpeed = dy.Float64(nullable=True, description="average speed of the fastest lap")
    fastestLapAvgSpeedUnits = dy.String(nullable=True, description="unit of that speed")
    unknown_fields = dy.String(**UNKNOWN)
    collected_at = dy.Datetime(description="when it was collected", metadata={"volatile": True}, **UTC_TIME)
    source = dy.String(description=SOURCE, metadata={"volatile": True})

    @dy.rule()
    def key_is_unique(cls) -> pl.Expr:
        """One row per driver and car number in a session. The key has nulls, so it is no primary key of dataframely's.
        """
        return ~pl.struct("season", "round", "session", "driverId", "number").is_duplicated()


class SessionResults(Results):
    """The results of one race weekend, one row per driver, session and car number.

    Of the event itself only what identifies it; the rest is in `raw/event_schedule`.
    """

    totalRaceTime = dy.Duration(nullable=True, description="race time, or gap to the winner")
    fastestLapTime = dy.Duration(nullable=True, description="fastest lap")
    Q1 = dy.Duration(nullable=True, description="first part of qualifying")
    Q2 = dy.Duration(nullable=True, description="second part of qualifying")
    Q3 = dy.Duration(nullable=True, description="third part of qualifying")


@dg.asset(
    **table(TABLE, SessionResults),
    partitions_def=RACE_EVENTS,
    ins={"schedule": dg.AssetIn(["raw", "event_schedule"], partition_mapping=dg.AllPartitionMapping())},
    output_required=False,
)
@enforced(SessionResults)
def session_results(
    context: dg.AssetExecutionContext, schedule: pl.LazyFrame
) -> Iterator[dg.Output[dict[str, pl.DataFrame]]]:
    """The published sessions of the run's events; an event without any is waited for and left out.

    A run with the tag `f1lake/sessions` asks for those sessions only (`Race,Sprint`), a sprint also where the schedule
    has none; the others stay as they are. Results that cannot be believed are left out by name, and those in the lake
    stay: the check `contract` warns of them. Results that the service fails to give, that are gone, or of another
    event, fail the run once the others are stored.
    """
    named = [name for name in context.run.tags.get(SESSIONS_TAG, "").split(",") if name]
    every = wanted_sessions(context.partition_keys, schedule.collect(), "Sprint" in named)
    wanted = every.filter(pl.col("session").cast(pl.String).is_in(named or list(SESSION_TYPE.categories)))
    with collecting() as session:
        collected = collected_results(session, wanted)
        missing = [name for name in unpublished(wanted, collected.rows) if name not in collected.errors]
        if missing:
            context.log.info(f"not published yet: {', '.join(missing)}")
        kept = stored_rows(every.filter("is_stored").join(collected.rows, on=SESSION, how="anti"))
        results = pl.concat([collected.rows, kept])
        frames = {event_key(*event): frame for event, frame in results.partition_by(EVENT, as_dict=True).items()}
        metadata = {
            "requests_sent": session.requests_sent, "not_published": ", ".join(missing),
            **warn(context, collected.refused, collected.odd),
        }
        yield dg.Output(frames, metadata=metadata)
        raise_one_of(collected.errors)


def wanted_sessions(keys: Sequence[str], schedule: pl.DataFrame, every_sprint: bool = False) -> pl.DataFrame:
    """The sessions of some events that have ended, or are stored already, with what is registered of them.

    Columns: season, round, session, circuitId, raceDate, `is_stored`, `is_scheduled`, and `season_pages`, an
    estimate of the requests for this session in the whole season. With `every_sprint` a sprint is wanted of every
    event that was raced, whether or not the schedule has one.

    Raises `SourceChangedError` for an event that the collected schedule does not have.
    """
    events = pl.DataFrame(
        [season_and_round(key) for key in keys], schema={"season": pl.Int32, "round": pl.Int32}, orient="row"
    )
    unknown = events.join(schedule, on=EVENT, how="anti")
    if not unknown.is_empty():
        raise SourceChangedError(f"race event {event_key(*unknown.row(0))}", "the collected schedule has no such event")
    ended = (
        session_ends(schedule.lazy())
        .filter(pl.col("ended_at") <= clock.now())
        .collect()
        .select(*EVENT, pl.col("session").cast(SESSION_TYPE))
    )
    stored = stored_sessions(seasons_of(keys), schedule)
    raced = ended.filter((pl.col("session") == "Race") & every_sprint)
    possible = raced.with_columns(session=pl.lit("Sprint", SESSION_TYPE))
    pages = (pl.len().over("season", "session") * ROWS_A_SESSION / PAGE_ROWS).ceil()
    return (
        pl.concat([ended, stored, possible])
        .unique()
        .with_columns(season_pages=pages)
        .join(events, on=EVENT, how="semi")
        .join(stored.with_columns(is_stored=True), on=SESSION, how="left")
        .join(ended.with_columns(is_scheduled=True), on=SESSION, how="left")
        .with_columns(pl.col("is_stored", "is_scheduled").fill_null(False))
        .join(schedule.select(*EVENT, "circuitId", "raceDate"), on=EVENT)
        .sort(SESSION)
    )


def stored_rows(sessions: pl.DataFrame) -> pl.DataFrame:
    """The stored rows of some sessions, in the shape of the contract."""
    if not sessions["is_stored"].any():
        return SessionResults.create_empty()
    rows = RawIOManager().read(TABLE, sessions["season"].unique().to_list())
    return SessionResults.cast(rows.join(sessions.lazy(), on=SESSION, how="semi").collect())


def stored_sessions(seasons: list[int], schedule: pl.DataFrame) -> pl.DataFrame:
    """The sessions of some seasons that have rows in the lake, [season, round, session], of the schedule's events.

    Rows under a round that has become another event are not that event's: they stay until it is collected.
    """
    stored = seasons_of(stored_keys(TABLE, seasons))
    if not stored:
        return SessionResults.create_empty().select(SESSION)
    rows = RawIOManager().read(TABLE, stored).select(*SESSION, *REGISTERED).unique().collect()
    return rows.join(schedule, on=[*EVENT, *REGISTERED], how="semi", nulls_equal=True).select(SESSION)


class Collected(NamedTuple):
    """The outcome of a collection."""

    rows: pl.DataFrame
    """The published, plausible rows, in the shape of the contract."""
    refused: list[str]
    """The implausible rows: season, round, session, driver, and what is wrong."""
    odd: list[str]
    """What was accepted although it is odd: duplicate rows, sprints that are missing from the schedule."""
    errors: Mapping[str, UpstreamError]
    """The failures of sessions (`Race 2026-09`) that could not be read, are gone, or have rows of another event."""


def collected_results(session: "UpstreamSession", wanted: pl.DataFrame) -> Collected:
    """The rows of the wanted sessions as far as they are published, and of sprints that came with them unscheduled.

    What is wrong with single sessions or listings keeps out no other.
    """
    listings = [
        (name, *listing)
        for (name,), sessions in wanted.partition_by("session", as_dict=True, maintain_order=True).items()
        for listing in fewest_listings(sessions)
    ]
    read, failures = read_each(listings, lambda listing: read_results(session, *listing), session)
    answers = [SessionResults.create_empty()] + [
        rows.with_columns(pl.col(EVENT).cast(pl.Int32), session=pl.lit(name, SESSION_TYPE))
        for (name, *_), rows in read.items()
    ]
    failed = {
        _named(*of): error
        for listing, error in failures.items()
        for of in wanted.filter(is_in(*listing)).select(SESSION).rows()
    }
    registered = wanted.select(*EVENT, pl.col(REGISTERED).name.suffix("_registered")).unique()
    answer = pl.concat(answers, how="diagonal").join(registered, on=EVENT).join(
        wanted.select(*SESSION, "is_scheduled"), on=SESSION, how="left"
    ).filter(pl.col("is_scheduled").is_not_null() | (pl.col("session") == "Sprint"))
    is_other = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_registered")) for name in REGISTERED)
    others = answer.filter(is_other).unique(SESSION, keep="first", maintain_order=True)
    gone = wanted.filter("is_stored").join(answer, on=SESSION, how="anti").select(SESSION).rows()
    own = SessionResults.cast(answer.filter(~is_other).with_columns(*session.provenance()))
    sifted = believed_results(SessionResults, own)
    unscheduled = answer.filter(~is_other & pl.col("is_scheduled").not_().fill_null(value=True))
    sprints = [
        f"{described(*event)}: the schedule has no sprint, taken as of the day before the race"
        for event in unscheduled.filter(session="Sprint").select("session", *EVENT).unique(maintain_order=True).rows()
    ]
    return Collected(
        sifted.rows,
        sifted.refused["message"].to_list(),
        [*sifted.odd, *sprints],
        {_named(row["season"], row["round"], row["session"]): _of_another_event(row) for row in others.to_dicts()}
        | {_named(*of): _gone(of) for of in gone}
        | failed,
    )


def unpublished(wanted: pl.DataFrame, results: pl.DataFrame) -> list[str]:
    """The sessions, in words, that have ended and must have rows but have none: races and scheduled sprints.

    Qualifying is not among them: the source has none before 1994 and lacks some until 2002.
    """
    expected = wanted.filter(pl.col("session") != "Qualifying", "is_scheduled")
    missing = expected.join(results, on=SESSION, how="anti")
    return [_named(*of) for of in missing.select(SESSION).rows()]


def _named(season: int, round_: int, session: str) -> str:
    """A session in words: "Race 2026-09"."""
    return f"{session} {event_key(season, round_)}"


def _of_another_event(row: dict[str, Any]) -> OtherEventError:
    """A row whose circuit or day differs from the one registered for its round; the source renumbers rounds."""
    return OtherEventError(
        described(row["session"], row["season"], row["round"]),
        f"the answer is of {row['circuitId']} on {row['raceDate']}, registered is "
        f"{row['circuitId_registered']} on {row['raceDate_registered']}",
        event_key(row["season"], row["round"]),
    )


def _gone(session: tuple[int, int, str]) -> ResultsGoneError:
    season, round_, name = session
    return ResultsGoneError(
        described(name, season, round_),
        f"the source has none, the lake has {partition_path(TABLE, event_key(season, round_))}",
    )
