"""A fitted pipeline as stored, read again and loaded by MLflow, and the id of its recipe."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, Self

import polars as pl

from f1lake.failures import ExplainedError
from f1lake.model.season import days, simulate
from f1lake.model.strength import follow, parameters, reliability, scores

if TYPE_CHECKING:
    import pandas as pd


class StaleFitError(ExplainedError):
    """A stored fit was made for another scoring code than this one."""


class InputMissingError(ExplainedError):
    """A column that a model was fitted with is missing, or a row that it starts from."""


def require(rows: pl.DataFrame, inputs: Sequence[str]) -> None:
    """Raise `InputMissingError` if a column is missing."""
    missing = [name for name in inputs if name not in rows.columns]
    if missing:
        raise InputMissingError(f"the model was fitted with {missing}, which the frame does not have")


def require_simulated(rows: pl.DataFrame, column: str, table: str) -> None:
    """Raise `InputMissingError` if the simulations lack a row because they are older than the latest results."""
    lacking = rows.filter(pl.col(column).is_null())["season"].unique().sort().to_list()
    if lacking:
        raise InputMissingError(
            f"{table} lacks rows of {lacking}: materialize it for those seasons first (`f1lake odds`)"
        )


def recipe_of(own: Mapping[str, Any], *modules: ModuleType) -> dict[str, Any]:
    """Everything that changes the odds: a recipe's own constants and, as `module.NAME`, those of the modules it uses
    and of `SIMULATIONS`.
    """
    constants = {
        f"{module.__name__.removeprefix('f1lake.model.')}.{name}": value
        for module in (*SIMULATIONS, *modules) for name, value in sorted(vars(module).items()) if name.isupper()
    } | {name: value for name, value in own.items() if name.isupper()}
    plain = {name: _plain(value) for name, value in constants.items()}
    return {name: value for name, value in plain.items() if value is not None}


def _plain(value: Any) -> Any:
    """A constant as JSON has it. None for what is no value: of a dictionary of columns, the names remain."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(each) for each in value]
    return value if isinstance(value, (bool, int, float, str)) else None


def recipe_id(recipe: dict[str, Any]) -> str:
    """Eight characters that identify a recipe, the same in every process and folder."""
    return hashlib.sha256(json.dumps(recipe).encode()).hexdigest()[:8]


def fingerprint(recipe: str, rows: pl.DataFrame) -> str:
    """Identifies a fit before it is made, by the recipe and the values it is fitted on."""
    return hashlib.sha256(recipe.encode() + rows.write_csv().encode()).hexdigest()[:16]


SIMULATIONS = (scores, follow, parameters, reliability, days, simulate)
"""The modules that the simulations depend on."""
SIMULATED_BY = recipe_id(recipe_of({}))
"""Identifies the simulations that a fit was made on. Its odds on simulations with other constants were never measured.
"""


@dataclass(frozen=True)
class StoredFit:
    """What every fit records: its recipe, the published learner, and its seasons and inputs.

    `boosters` are trees as XGBoost stores them. `ABOUT` describes the question for people who do not know f1lake.
    """

    NAME: ClassVar[str]
    ABOUT: ClassVar[str]
    RECIPE: ClassVar[Mapping[str, Any]]
    SCORING: ClassVar[int]
    INPUTS: ClassVar[list[str]]
    KEY: ClassVar[list[str]]
    ODDS: ClassVar[list[str]]

    recipe: str
    published: str
    fitted_from: int
    fitted_through: int
    boosters: dict[str, bytes]

    def probabilities(self, rows: pl.DataFrame, learners: Collection[str]) -> pl.DataFrame:
        """The odds of some learners for rows: `KEY`, `learner` and `ODDS`."""
        raise NotImplementedError

    def save(self, folder: Path) -> None:
        """Write the fit as JSON and in XGBoost's own format, so that loading unpickles nothing."""
        folder.mkdir(parents=True, exist_ok=True)
        about = {field.name: getattr(self, field.name) for field in fields(self)}
        about |= {"boosters": list(self.boosters), "scoring": self.SCORING, "inputs": self.INPUTS}
        about |= {"simulated_by": SIMULATED_BY}
        (folder / f"{self.NAME}.json").write_text(json.dumps(about))
        for name, booster in self.boosters.items():
            (folder / f"{name}.ubj").write_bytes(booster)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote. Raises `StaleFitError` if this code would score it differently."""
        file = folder / f"{cls.NAME}.json"
        about = json.loads(file.read_text()) if file.is_file() else {}
        ours = {"scoring": cls.SCORING, "inputs": cls.INPUTS, "simulated_by": SIMULATED_BY}
        if {name: about.pop(name, None) for name in ours} != ours:
            raise StaleFitError(
                f"the fit in {folder} has other inputs, other simulations behind them or another way of scoring: "
                "run `f1lake train`"
            )
        about["boosters"] = {name: (folder / f"{name}.ubj").read_bytes() for name in about["boosters"]}
        return cls(**about)


@dataclass(frozen=True)
class PublishedOdds:
    """A fit as MLflow's generic model: rows of its table in, the published probabilities out, in the same order.

    Whole decisions only. `types` are those of the key columns, which pandas does not keep.
    """

    fit: StoredFit
    types: Mapping[str, pl.DataType | type[pl.DataType]]

    def predict(self, rows: "pd.DataFrame", params: Any = None) -> "pd.DataFrame":
        """The `ODDS` of each row."""
        typed = pl.from_pandas(rows).with_columns(pl.col(name).cast(dtype) for name, dtype in self.types.items())
        odds = self.fit.probabilities(typed, [self.fit.published])
        key = self.fit.KEY
        return typed.select(key).join(odds, on=key, how="left", maintain_order="left").select(self.fit.ODDS).to_pandas()
