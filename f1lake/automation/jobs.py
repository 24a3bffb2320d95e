"""The jobs: which assets run together. One run has one partitions definition, hence several for raw."""

import dagster as dg

from f1lake.automation.due.attempts import note_answer, note_failure, renew
from f1lake.automation.due.from_dump import bring_dump
from f1lake.upstream.progress import at_each_sign_of_life

CALENDAR = dg.AssetSelection.assets(["raw", "event_schedule"])
RESULTS = dg.AssetSelection.assets(["raw", "session_results"])
PIT_STOPS = dg.AssetSelection.assets(["raw", "pit_stops"])
LAPS = dg.AssetSelection.assets(["raw", "laps"])
LIVE_TIMING = dg.AssetSelection.assets(
    ["raw", "timing_drivers"], ["raw", "weather"], ["raw", "race_control_messages"], ["raw", "lap_tyres"]
)
F1DB = dg.AssetSelection.assets(["raw", "f1db_races"], ["raw", "f1db_race_data"], ["raw", "f1db_drivers"])
F1DB_SESSIONS = dg.AssetSelection.assets(["raw", "f1db_session_files"])
STANDINGS = dg.AssetSelection.assets(["raw", "driver_standings"], ["raw", "constructor_standings"])
TABLES = dg.AssetSelection.groups("bronze", "silver", "gold", "abt")
MODELS = dg.AssetSelection.groups("model")
BACKTESTS = dg.AssetSelection.assets(
    ["model", "simulated_titles"], ["model", "simulated_races"], ["model", "title_model"], ["model", "race_model"],
    ["model", "constructor_title_model"],
)
"""What each season has of the models: any seasons may be made beside each other."""
LEDGER = dg.AssetSelection.assets(["odds", "published"], ["odds", "published_scores"], ["odds", "game_scores"])
ODDS = (dg.AssetSelection.groups("odds") - LEDGER) | dg.AssetSelection.assets(
    ["model", "simulated_titles"], ["model", "simulated_races"]
)
"""What a race changes without any training: simulations and odds."""

NOTED = {note_answer, note_failure}
"""Hooks that record the outcome of a collection in the lake."""
at_each_sign_of_life(renew)


@dg.job(hooks=NOTED, description="The bulk dump, from the Jolpica project to the lake: history, and its corrections.")
def collect_dump() -> None:
    """One step."""
    bring_dump()


collect_calendar = dg.define_asset_job(
    "collect_calendar",
    CALENDAR,
    hooks=NOTED,
    description="The schedule of seasons, from the services to raw.",
)
collect_results = dg.define_asset_job(
    "collect_results",
    RESULTS,
    hooks=NOTED,
    description="Results of race events, from the services to raw.",
)
collect_pit_stops = dg.define_asset_job(
    "collect_pit_stops",
    PIT_STOPS,
    hooks=NOTED,
    description="Pit stops of race events, from the services to raw.",
)
collect_laps = dg.define_asset_job(
    "collect_laps",
    LAPS,
    hooks=NOTED,
    description="Laps of race events, from the services to raw: 10 to 15 requests a race.",
)
collect_live_timing = dg.define_asset_job(
    "collect_live_timing",
    LIVE_TIMING,
    hooks=NOTED,
    description="Headshots, team colours, weather, messages and tyres of race events; asks for an F1TV account.",
)
collect_standings = dg.define_asset_job(
    "collect_standings",
    STANDINGS,
    hooks=NOTED,
    description="Official standings of seasons, from the services to raw.",
)
collect_f1db = dg.define_asset_job(
    "collect_f1db",
    F1DB,
    hooks=NOTED,
    description="F1DB's newest release, from GitHub to raw: the second source.",
)
collect_f1db_sessions = dg.define_asset_job(
    "collect_f1db_sessions",
    F1DB_SESSIONS,
    hooks=NOTED,
    description="Practices of a weekend under way, from F1DB's main branch to raw.",
)
build = dg.define_asset_job("build", TABLES, description="bronze to abt, for the seasons of the run.")
train = dg.define_asset_job(
    "train",
    MODELS,
    description="Fit and score the models, log and register them. After a season or on demand: a race never retrains.",
)
backtest = dg.define_asset_job(
    "backtest",
    BACKTESTS,
    description="The part of `train` that has seasons: several runs, each of some seasons, may go on at once.",
)
register = dg.define_asset_job(
    "register",
    MODELS - BACKTESTS,
    description="The rest of `train`, once all seasons are backtested: scores, and the newest fits to the registry.",
)
odds = dg.define_asset_job("odds", ODDS, description="The odds of seasons, from the stored models.")
publish = dg.define_asset_job(
    "publish",
    LEDGER,
    description="What the odds say of decisions that are still open, to the ledger, and how good it and the friends'"
    " predictions turned out.",
)
refresh = dg.define_asset_job(
    "refresh",
    TABLES | ODDS,
    description="bronze to odds after new results; what the raw-to-season sensor asks for.",
)
whole_history = dg.define_asset_job(
    "whole_history",
    TABLES | MODELS | ODDS,
    description="bronze to odds, models included: the first build of a lake.",
)

NEEDED_JOBS = [collect_dump, collect_calendar, collect_results, collect_standings]
OPTIONAL_JOBS = [collect_pit_stops, collect_laps, collect_live_timing, collect_f1db, collect_f1db_sessions]
RAW_JOBS = [*NEEDED_JOBS, *OPTIONAL_JOBS]
JOBS = [*RAW_JOBS, build, train, backtest, register, odds, publish, refresh, whole_history]
