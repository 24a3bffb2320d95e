"""Which fit is published: a challenger becomes champion by the scores of its recipe on the same decisions.

Every decision about the alias, by scores or by hand, stands in the registry as tags of the version. How a recipe
is fitted and scored belongs to `title_versions.py` and `race_versions.py`.
"""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl

from f1lake import clock
from f1lake.model import registry

DECISIONS = "decisions"
"""The table logged with a version: what each decision since the test began cost it."""


class StaleBacktestError(RuntimeError):
    """The backtest does not hold every decision, by the recipe as it is now."""


class NothingToRestoreError(LookupError):
    """No version was champion before the present one."""


@dataclass(frozen=True)
class Verdict:
    """Whether a challenger takes over, and the figures it was decided by."""

    takes_over: bool
    figures: Mapping[str, Any]


def version_columns() -> dict[str, dy.Column]:
    """The columns of a table of registered versions."""
    return {
        "version": dy.Int32(primary_key=True, min=1, description="number in the registry"),
        "recipe": dy.String(description="id of the recipe"),
        "fingerprint": dy.String(description="names recipe and data; the same never registers twice"),
        "fitted_from": dy.Int32(description="first season of the fit"),
        "fitted_through": dy.Int32(description="last season of the fit"),
        "run_id": dy.String(description="the MLflow run with its parameters, metrics and figures"),
        "is_champion": dy.Bool(description="whether its odds are published"),
        "decision": dy.String(nullable=True, description="what was decided about it last, and by which figures"),
    }


def challenge(model: str, save: Callable[[Path], None], as_logged: Callable[[Path], registry.Fit]) -> Verdict:
    """Register a fit, and crown it if it is better than the champion, or the champion's own recipe refitted."""
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / model
        save(folder)
        logged = as_logged(folder)
        version = registry.register(model, logged)
    champion = registry.champion(model)
    if champion.number == version.number:
        verdict = Verdict(takes_over=True, figures={"because": "the first version"})
    elif champion.tags["recipe"] == logged.tags["recipe"]:
        verdict = Verdict(takes_over=True, figures={"because": "the champion's recipe, refitted"})
    else:
        ours = logged.tables[DECISIONS]
        verdict = compared(ours, registry.logged_table(champion, DECISIONS, ours.schema))
    note(version, verdict.takes_over, verdict.figures)
    if verdict.takes_over and champion.number != version.number:
        registry.crown(model, version.number, replaces=champion.number)
    return verdict


def compared(challenger: pl.DataFrame, champion: pl.DataFrame) -> Verdict:
    """By the mean log loss on the decisions that both were scored on; without such decisions nothing changes."""
    key = [name for name in challenger.columns if name != "log_loss"]
    both = challenger.join(champion, on=key, suffix="_champion")
    ours, theirs = both["log_loss"].mean(), both["log_loss_champion"].mean()
    figures = {"decisions": both.height, "log_loss": ours, "log_loss_of_champion": theirs}
    return Verdict(both.height > 0 and both["log_loss"].sum() < both["log_loss_champion"].sum(), figures)


def promote(model: str, number: int) -> None:
    """Make a version champion by hand. Raises `registry.UnknownVersionError` if there is none of that number."""
    version, champion = registry.version(model, number), registry.champion(model)
    note(version, takes_over=True, figures={"because": "by hand", "instead_of": champion.number})
    registry.crown(model, number, replaces=champion.number)


def rollback(model: str) -> int:
    """Restore the champion before this one, and say its number. Raises `NothingToRestoreError`."""
    champion = registry.champion(model)
    before = champion.tags.get(registry.REPLACES)
    if before is None:
        raise NothingToRestoreError(f"version {champion.number} of {model!r} replaced no other: nothing to restore")
    note(registry.version(model, int(before)), takes_over=True, figures={"because": f"rollback of {champion.number}"})
    registry.crown(model, int(before), replaces=None)
    return int(before)


def note(version: registry.Version, takes_over: bool, figures: Mapping[str, Any]) -> None:
    """Tag a version with what was decided about it."""
    values = {name: f"{value:.4f}" if isinstance(value, float) else value for name, value in figures.items()}
    said = ", ".join(f"{name} {value}" for name, value in values.items())
    verb = "champion" if takes_over else "not champion"
    registry.tag(version, {"decision": f"{clock.now():%Y-%m-%d %H:%M}: {verb} ({said})"})


def registered(model: str, schema: type[dy.Schema]) -> pl.DataFrame:
    """The registry's versions, in the shape of a contract of `version_columns`."""
    versions = registry.versions(model)
    champion = registry.champion(model).number if versions else None
    rows = [
        {
            "version": version.number, "run_id": version.run_id, "is_champion": version.number == champion,
            "decision": version.tags.get("decision"),
            **{tag: version.tags[tag] for tag in ("recipe", "fingerprint")},
            **{tag: int(version.tags[tag]) for tag in ("fitted_from", "fitted_through")},
        }
        for version in versions
    ]
    return pl.DataFrame(rows, schema=schema.create_empty().schema)
