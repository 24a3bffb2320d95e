"""Puts assets, checks, jobs, sensors and resources together; nothing else."""

import dagster as dg

from f1lake.imports import without_garbage

with without_garbage():
    from f1lake import abt, bronze, gold, model, odds, raw, silver
    from f1lake.automation.checks.f1db import F1DB_CHECKS
    from f1lake.automation.checks.freshness import FRESHNESS, freshness, twice_daily_freshness
    from f1lake.automation.checks.odds import ODDS_CHECKS
    from f1lake.automation.checks.race_odds import RACE_ODDS_CHECKS
    from f1lake.automation.checks.tables import CHECKS
    from f1lake.automation.follow.publishing import PUBLISHING_SENSORS
    from f1lake.automation.jobs import JOBS
    from f1lake.automation.sensors import SENSORS
    from f1lake.automation.upkeep.alerts import alert_sensor
    from f1lake.automation.upkeep.maintenance import maintenance, weekly_maintenance
    from f1lake.presentation import presented
    from f1lake.storage.delta_io import BronzeIOManager, DeltaIOManager, LedgerIOManager
    from f1lake.storage.looks import for_a_run
    from f1lake.storage.raw_io import RawIOManager

LAYERS = [raw, bronze, silver, gold, abt, model, odds]


@dg.definitions
@without_garbage()
def defs() -> dg.Definitions:
    """The code location: all assets found in the folders of the layers."""
    return dg.Definitions(
        assets=presented(asset for layer in LAYERS for asset in dg.load_assets_from_package_module(layer)),
        asset_checks=[*CHECKS, *FRESHNESS, *ODDS_CHECKS, *RACE_ODDS_CHECKS, *F1DB_CHECKS],
        jobs=[*JOBS, freshness, maintenance],
        schedules=[twice_daily_freshness, weekly_maintenance],
        sensors=[*SENSORS, *PUBLISHING_SENSORS, alert_sensor],
        executor=dg.in_process_executor,
        resources={
            "raw_io_manager": for_a_run(RawIOManager()),
            "bronze_io_manager": for_a_run(BronzeIOManager()),
            "delta_io_manager": for_a_run(DeltaIOManager()),
            "ledger_io_manager": for_a_run(LedgerIOManager()),
        },
    )
