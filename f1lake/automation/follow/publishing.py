"""The sensors of the ledger: after odds were computed, those of open decisions are published.

This module decides when the job runs. Which decisions are open is in `odds/published.py`.
"""

import dagster as dg

from f1lake import clock
from f1lake.automation import jobs
from f1lake.automation.sensors import TICK_S, range_tags

ODDS_TABLES = ("title_odds", "constructor_title_odds", "race_odds")
WAITING = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED]


def publishing_sensor(odds: str) -> dg.SensorDefinition:
    """Watches one table of odds; its newest materialization suffices, because all odds are in the table."""

    @dg.asset_sensor(
        asset_key=dg.AssetKey(["odds", odds]),
        job=jobs.publish,
        name=f"{odds}_are_published",
        minimum_interval_seconds=TICK_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"When odds/{odds} was made: one run of the ledger, unless one is waiting already.",
    )
    def sensor(context: dg.SensorEvaluationContext, event: dg.EventLogEntry) -> dg.RunRequest | dg.SkipReason:
        if context.instance.get_runs_count(dg.RunsFilter(job_name=jobs.publish.name, statuses=WAITING)):
            return dg.SkipReason("a run of the ledger is waiting, and will read these odds too")
        season = str(clock.now().year)
        return dg.RunRequest(run_key=f"{event.run_id}-{event.timestamp}", tags=range_tags(season, season))

    return sensor


PUBLISHING_SENSORS = [publishing_sensor(odds) for odds in ODDS_TABLES]
