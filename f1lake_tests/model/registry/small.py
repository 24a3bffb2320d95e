"""A fit of nothing: what a registry needs to know of one."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import polars as pl
from matplotlib.figure import Figure

from f1lake.model.learn.stored import StoredFit
from f1lake.model.registry import promotion, store

SCHEMA = pl.Schema({"season": pl.Int32, "log_loss": pl.Float64})


@dataclass(frozen=True)
class NoFit(StoredFit):
    """Its recipe is its name."""

    NAME: ClassVar[str] = "title"

    recipe: str = "ours"
    published: str = "logit"
    fitted_from: int = 1950
    fitted_through: int = 2007
    boosters: dict[str, Any] = field(default_factory=dict)
    losses: dict[int, float] = field(default_factory=lambda: {2005: 0.1, 2006: 0.6, 2007: 0.6})

    def save(self, folder: Path) -> None:
        """One file."""
        folder.mkdir(parents=True)
        (folder / "fit.json").write_text(self.recipe)

    @classmethod
    def load(cls, folder: Path) -> "NoFit":
        """Raises `OSError` if the file is not there."""
        return cls((folder / "fit.json").read_text())


def logged(fit: NoFit, fingerprint: str, seasons: int = 58) -> store.Fit:
    """What is logged of it."""
    return store.Fit(
        subject="Who wins nothing.", title=f"nothing {fit.recipe}", description=f"Recipe {fit.recipe}.",
        loader_module="json", packages=("polars",),
        inputs=pl.Schema({"season": pl.Int32, "as_of": pl.Date}), outputs=pl.Schema({"probability": pl.Float64}),
        recipe={"rounds": 3, "trees": {"depth": 1}},
        metrics={"log_loss_after_races": 0.5}, curves={"by_season": {2006: 0.25, 2007: 0.75}},
        figures={"empty": Figure()},
        tables={promotion.DECISIONS: pl.DataFrame([*fit.losses.items()], schema=SCHEMA, orient="row")},
        tags=promotion.tags_of(fit, fingerprint, seasons),
    )  # fmt: skip


def enter(fit: NoFit, seasons: int = 58, data: str = "data") -> dict[str, object]:
    """Offer it, fitted on so many seasons, as `title`; what was decided, without the learner's name."""
    said = promotion.offer(
        NoFit, f"{fit.recipe}-{data}", [fit.published], lambda: fit, lambda one, known: logged(one, known, seasons)
    )  # fmt: skip
    return {name.removeprefix(f"{fit.published}: "): value for name, value in said.items()}
