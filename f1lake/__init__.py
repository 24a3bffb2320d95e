"""f1lake: a Formula 1 lakehouse. The folders are the data flow: raw, bronze, silver, gold, abt, model, odds, app."""

import warnings

# Backfill policies and look-back partition mappings are what this project is built on; that Dagster
# calls them beta is settled once, in the range of versions that pyproject.toml allows.
warnings.filterwarnings("ignore", message=r"Parameter `\w+` of .* is currently in beta")
