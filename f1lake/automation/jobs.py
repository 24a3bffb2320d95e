"""The jobs: which assets run together. One run has one partitions definition, hence several for raw."""

import dagster as dg

CALENDAR = dg.AssetSelection.assets(["raw", "event_schedule"])
RESULTS = dg.AssetSelection.assets(["raw", "session_results"])
PIT_STOPS = dg.AssetSelection.assets(["raw", "pit_stops"])
LAPS = dg.AssetSelection.assets(["raw", "laps"])
LIVE_TIMING = dg.AssetSelection.assets(
    ["raw", "timing_drivers"], ["raw", "weather"], ["raw", "race_control_messages"], ["raw", "lap_tyres"]
)
STANDINGS = dg.AssetSelection.assets(["raw", "driver_standings"], ["raw", "constructor_standings"])
TABLES = dg.AssetSelection.groups("bronze", "silver", "gold", "abt")
MODELS = dg.AssetSelection.groups("model")
LEDGER = dg.AssetSelection.assets(["odds", "published"], ["odds", "published_scores"])
ODDS = (dg.AssetSelection.groups("odds") - LEDGER) | dg.AssetSelection.assets(
    ["model", "simulated_titles"], ["model", "simulated_races"]
)
"""What a race changes without any training: simulations and odds."""

collect_calendar = dg.define_asset_job(
    "collect_calendar",
    CALENDAR,
    description="The schedule of seasons, from the services to raw.",
)
collect_results = dg.define_asset_job(
    "collect_results",
    RESULTS,
    description="Results of race events, from the services to raw.",
)
collect_race = dg.define_asset_job(
    "collect_race",
    RESULTS | PIT_STOPS | LAPS,
    description="Results of a race weekend, and the pit stops and laps of its race, as soon as it is published.",
)
collect_pit_stops = dg.define_asset_job(
    "collect_pit_stops",
    PIT_STOPS,
    description="Pit stops of race events, from the services to raw.",
)
collect_laps = dg.define_asset_job(
    "collect_laps",
    LAPS,
    description="Laps of race events, from the services to raw: 10 to 15 requests a race.",
)
collect_live_timing = dg.define_asset_job(
    "collect_live_timing",
    LIVE_TIMING,
    description="Headshots, team colours, weather, messages and tyres of race events; asks for an F1TV account.",
)
collect_standings = dg.define_asset_job(
    "collect_standings",
    STANDINGS,
    description="Official standings of seasons, from the services to raw.",
)
build = dg.define_asset_job("build", TABLES, description="bronze to abt, for the seasons of the run.")
train = dg.define_asset_job(
    "train",
    MODELS,
    description="Fit and score the models, log and register them. After a season or on demand: a race never retrains.",
)
odds = dg.define_asset_job("odds", ODDS, description="The odds of seasons, from the stored models.")
publish = dg.define_asset_job(
    "publish",
    LEDGER,
    description="What the odds say of decisions that are still open, to the ledger, and how good it turned out.",
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

RAW_JOBS = [
    collect_calendar, collect_results, collect_race, collect_standings, collect_pit_stops, collect_laps,
    collect_live_timing,
]
JOBS = [*RAW_JOBS, build, train, odds, publish, refresh, whole_history]
