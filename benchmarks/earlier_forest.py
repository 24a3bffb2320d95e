"""The random forest that the title odds began with, scored as they are: `python -m benchmarks.earlier_forest`.

As it was: scikit-learn's classifier with leaves of at least 50 rows on 172 measures of the driver and nothing of the
season, missing values far out, fitted on the rows of all days of finished seasons. Reads abt/title_abt of the lake at
`F1LAKE_LAKE`; prints the mean log loss from 2006 on. About half a minute.
"""

from typing import Any

import numpy as np
import polars as pl

from f1lake.model.judge.metrics import by_decision
from f1lake.model.learn.decision import TITLE, is_scored
from f1lake.silver.driver_features import FEATURES
from f1lake.storage.lake import read

PARAMS: dict[str, Any] = {"n_estimators": 100, "min_samples_leaf": 50, "random_state": 42, "n_jobs": 1}
MISSING = -10_000
FIRST = 2006


def by_earlier_forest(history: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """Rows of abt/title_abt with `probability`, by a forest fitted on the finished seasons of `history`."""
    from sklearn.ensemble import RandomForestClassifier

    known = history.filter(pl.col("is_champion").is_not_null())
    forest = RandomForestClassifier(**PARAMS).fit(_values(known), known["is_champion"].to_numpy())
    chance = pl.Series("chance", forest.predict_proba(_values(asked))[:, 1])
    of_day = pl.col("chance").sum().over("as_of")
    share = pl.when(of_day > 0).then(pl.col("chance") / of_day).otherwise(1 / pl.len().over("as_of"))
    return asked.with_columns(chance).with_columns(probability=share)


def _values(rows: pl.DataFrame) -> np.ndarray:
    return rows.select(pl.col(FEATURES).cast(pl.Float32).fill_null(MISSING)).to_numpy()


def main() -> None:
    """Print what the forest cost on the scored decisions from 2006 on."""
    abt = read("abt/title_abt").collect()
    seasons = abt.filter(pl.col("is_champion").is_not_null(), pl.col("season") >= FIRST)["season"].unique().sort()
    tested = pl.concat(
        by_earlier_forest(abt.filter(pl.col("season") < season), abt.filter(season=season)) for season in seasons
    )
    scored = by_decision(tested.filter(is_scored("is_champion")), [*TITLE, "round"], "probability", "is_champion")
    after, before = (scored.filter(rows)["log_loss"] for rows in (pl.col("round") > 0, pl.col("round") == 0))
    print(f"after races {after.mean():.3f} ({len(after)}), before the season {before.mean():.3f} ({len(before)})")


if __name__ == "__main__":
    main()
