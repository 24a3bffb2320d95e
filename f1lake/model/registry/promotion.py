"""Which fit is published: a challenger becomes champion by the scores of its recipe on the same decisions.

Every decision about the alias, by scores or by hand, stands in the registry as a tag of the version. How a recipe is
fitted and scored belongs to the assets `title_versions` and `race_versions`.
"""

import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import dataframely as dy
import polars as pl

from f1lake import clock
from f1lake.failures import ExplainedError
from f1lake.model.judge.metrics import means_with_intervals
from f1lake.model.learn.stored import StoredFit
from f1lake.model.registry import store

DECISIONS = "decisions"
"""The table logged with a version: what each decision cost it, by its backtest."""

FIRST_COMPARED = 2006
"""Recipes are chosen on earlier seasons. Whoever promotes by later ones chooses by them too, which is why a recipe must
be better by a margin."""

MARGIN = 0.01
"""Nats a decision: what a challenger's mean log loss must be lower by."""

POOL = "registry"
"""What registers does so one run at a time, however many runs an instance allows (dagster.yaml)."""

PROOF = ("seasons", "fitted_through", "known_until")
"""The tags that say how much of the world a fit has seen; a challenger with less in any of them never takes over."""


class StaleBacktestError(ExplainedError):
    """The backtest does not hold every decision, by the recipe as it is now."""


class NothingToRestoreError(ExplainedError):
    """No version was champion before the present one."""


Fit = TypeVar("Fit", bound=StoredFit)


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
        "learner": dy.String(description="the learner whose odds the version publishes, as in the backtest"),
        "fingerprint": dy.String(description="names recipe, learner and data; the same never registers twice"),
        "fitted_from": dy.Int32(description="first season of the fit"),
        "fitted_through": dy.Int32(description="last season of the fit"),
        "seasons": dy.Int32(min=1, description="finished seasons of the fit"),
        "known_until": dy.String(description="the lake's clock when it was fitted, ISO"),
        "run_id": dy.String(description="the MLflow run with its parameters, metrics and figures"),
        "is_champion": dy.Bool(description="whether its odds are published"),
        "decision": dy.String(nullable=True, description="what was decided about it last, and by which figures"),
    }


def tags_of(fit: StoredFit, fingerprint: str, seasons: int) -> dict[str, str]:
    """What a version is registered with: what it is made of, and how much it has seen."""
    return {
        "recipe": fit.recipe, "learner": fit.published, "fingerprint": fingerprint,
        "fitted_from": str(fit.fitted_from), "fitted_through": str(fit.fitted_through),
        "seasons": f"{seasons:03}", "known_until": clock.now().isoformat(timespec="seconds"),
    }  # fmt: skip


def require_complete(table: str, scored: pl.DataFrame, tested: pl.DataFrame, decision: list[str], recipe: str) -> None:
    """Raise `StaleBacktestError` if a backtest lacks a decision that the recipe can be scored on."""
    missing = scored.join(tested, on=decision, how="anti")["season"].unique().sort().to_list()
    if missing:
        raise StaleBacktestError(
            "{table} does not hold every decision of {missing} by recipe {recipe}: materialize those seasons first "
            "(`f1lake train`)",
            table=table, missing=missing, recipe=recipe,
        )


def offer(
    kind: type[Fit], fingerprint: str, learners: Sequence[str], fitted: Callable[[], Fit | None],
    as_logged: Callable[[Fit, str], store.Fit],
) -> dict[str, Any]:
    """Register what is new of a fit, once for each learner that may be published, and say what was decided.

    `fingerprint` names recipe and data: `fitted` is called only if one of the learners is not registered with it (it
    gives None if there is too little history). `as_logged` says what is logged of the fit, whose `published` is the
    learner, under which fingerprint.
    """
    wanted = {f"{fingerprint}-{learner}": learner for learner in learners}
    new = unregistered(kind, wanted)
    fit = fitted() if new else None
    if fit is None:
        return {}
    reported: dict[str, Any] = {}
    for known in new:
        one = replace(fit, published=wanted[known])
        verdict = challenge(one, as_logged(one, known))
        figures = {"takes_over": verdict.takes_over, **verdict.figures}
        reported |= {f"{wanted[known]}: {name}": value for name, value in figures.items()}
    return reported


def unregistered(kind: type[StoredFit], fingerprints: Collection[str]) -> list[str]:
    """Those of the fingerprints that no version has that can be used.

    A champion of one of them that cannot be loaded is marked, and its fingerprint counts no more: the fit is registered
    anew and takes its place.
    """
    champion = _champion(kind.NAME)
    if champion is not None and champion.tags["fingerprint"] in fingerprints and (why := _unusable(champion, kind)):
        store.tag(champion, {store.UNREADABLE: why})
    versions = store.versions(kind.NAME)
    known = {version.tags["fingerprint"] for version in versions if store.UNREADABLE not in version.tags}
    return [fingerprint for fingerprint in fingerprints if fingerprint not in known]


def challenge(fit: StoredFit, logged: store.Fit) -> Verdict:
    """Register a fit, and crown it if it may and should take over from the champion."""
    model = fit.NAME
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / model
        fit.save(folder)
        version = store.register(model, logged, folder)
    if version is None:
        return Verdict(takes_over=False, figures={"because": "another run registered the same fit"})
    champion = _champion(model)
    verdict = Verdict(takes_over=True, figures={"because": "the first version"})
    if champion is not None:
        verdict = judged(version, logged.tables[DECISIONS], champion, type(fit))
    note(version, verdict.takes_over, verdict.figures)
    if verdict.takes_over:
        store.crown(model, version.number, replaces=champion.number if champion else None)
    return verdict


def judged(
    challenger: store.Version, decisions: pl.DataFrame, champion: store.Version, kind: type[StoredFit]
) -> Verdict:
    """Whether a challenger takes over: it has seen at least as much as the champion, and

    - the champion cannot be loaded by this code, or
    - it is the champion's own recipe, refitted, or
    - it is better by `MARGIN`, and not by chance (`compared`).
    """
    ours, theirs = challenger.tags, champion.tags
    for name in PROOF:
        if ours[name] < theirs[name]:
            because = f"{name} {ours[name]}, the champion's is {theirs[name]}"
            return Verdict(takes_over=False, figures={"because": because})
    if why := _unusable(champion, kind):
        return Verdict(takes_over=True, figures={"because": f"version {champion.number} cannot be loaded: {why}"})
    if (ours["recipe"], ours["learner"]) == (theirs["recipe"], theirs["learner"]):
        return Verdict(takes_over=True, figures={"because": "the champion's recipe, refitted"})
    return compared(decisions, store.logged_table(champion, DECISIONS, decisions.schema))


def compared(challenger: pl.DataFrame, champion: pl.DataFrame) -> Verdict:
    """By the log loss on the decisions since `FIRST_COMPARED` that both were scored on; without any, no change.

    The challenger is better by the margin on average, and better at all in 95 % of the draws of other seasons: of two
    recipes that differ by chance the later one must not win.
    """
    key = [name for name in challenger.columns if name != "log_loss"]
    both = challenger.join(champion, on=key, suffix="_champion").filter(pl.col("season") >= FIRST_COMPARED)
    figures: dict[str, Any] = {"decisions": both.height, "margin": MARGIN}
    if both.is_empty():
        return Verdict(takes_over=False, figures=figures)
    gains = both.with_columns(gain=pl.col("log_loss_champion") - pl.col("log_loss"), over=pl.lit("champion"))
    row = means_with_intervals(gains, ["over"], ["log_loss_champion", "gain"]).row(0, named=True)
    figures |= {"seasons_from": both["season"].min(), "log_loss": row["log_loss"]}
    figures |= {"log_loss_of_champion": row["log_loss_champion"], "gain_low": row["gain_low"]}
    return Verdict(row["gain"] >= MARGIN and row["gain_low"] > 0, figures)


def promote(model: str, number: int) -> None:
    """Make a version champion by hand; the champion stays it. Raises `store.UnknownVersionError` if there is none."""
    version, champion = store.version(model, number), store.champion(model)
    if number == champion.number:
        return
    note(version, takes_over=True, figures={"because": "by hand", "instead_of": champion.number})
    store.crown(model, number, replaces=champion.number)


def rollback(model: str) -> int:
    """Restore the champion before this one, and say its number. Raises `NothingToRestoreError`."""
    champion = store.champion(model)
    before = champion.tags.get(store.REPLACES)
    if before is None:
        raise NothingToRestoreError(
            "version {number} of {model!r} replaced no other: nothing to restore", number=champion.number, model=model
        )
    note(store.version(model, int(before)), takes_over=True, figures={"because": f"rollback of {champion.number}"})
    store.crown(model, int(before))
    return int(before)


def note(version: store.Version, takes_over: bool, figures: Mapping[str, Any]) -> None:
    """Tag a version with what was decided about it."""
    values = {name: f"{value:.4f}" if isinstance(value, float) else value for name, value in figures.items()}
    reasons = ", ".join(f"{name} {value}" for name, value in values.items())
    verb = "champion" if takes_over else "not champion"
    store.tag(version, {"decision": f"{clock.now():%Y-%m-%d %H:%M}: {verb} ({reasons})"})


def registered(model: str, schema: type[dy.Schema]) -> pl.DataFrame:
    """The registry's versions, in the shape of a contract of `version_columns`."""
    versions, champion = store.versions(model), _champion(model)
    numbers, texts = ("fitted_from", "fitted_through", "seasons"), ("recipe", "learner", "fingerprint", "known_until")
    rows = [
        {
            "version": version.number, "run_id": version.run_id, "decision": version.tags.get("decision"),
            "is_champion": champion is not None and version.number == champion.number,
            **{tag: version.tags[tag] for tag in texts}, **{tag: int(version.tags[tag]) for tag in numbers},
        }
        for version in versions
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=schema.create_empty().schema)


def _champion(model: str) -> store.Version | None:
    try:
        return store.champion(model)
    except store.NoChampionError:
        return None


def _unusable(version: store.Version, kind: type[StoredFit]) -> str | None:
    """Why a version cannot be loaded, or None."""
    try:
        kind.load(store.fitted_folder(version))
    except Exception as error:  # files that are gone, of another release, or cut short: each library has its own
        return f"{type(error).__name__}: {error}"[:200]
    return None
