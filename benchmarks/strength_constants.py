"""The constants of the strengths, for `f1lake/model/strength/parameters.py`: `python -m benchmarks.strength_constants`.

Every fourth season's are those of the twenty seasons before; about a minute each.
"""

from dataclasses import astuple

import polars as pl

from f1lake.model.strength.estimate import maximum_likelihood
from f1lake.model.strength.follow import field_of
from f1lake.model.strength.parameters import EVERY, FIRST_LEARNED, FIXED, SEASONS_SEEN
from f1lake.model.strength.scores import observed
from f1lake.storage.lake import read


def main() -> None:
    """Print the constants of every window of seasons of the lake."""
    results, constructors = (read(f"silver/{name}").collect() for name in ("session_results", "constructors"))
    field = field_of(observed(results, constructors))
    last = results.select(pl.col("season").max()).item()
    windows = {season: (season - SEASONS_SEEN, season - 1) for season in range(FIRST_LEARNED, last + 1, EVERY)}
    for season, (first, through) in ({1950: (1950, FIRST_LEARNED - 1)} | windows).items():
        found = astuple(maximum_likelihood(field, FIXED, first, through))
        print(f"{season}: Parameters({', '.join(f'{value:.4f}' for value in found)}),  # {first}-{through}", flush=True)


if __name__ == "__main__":
    main()
