"""The probability that a car is not classified: decaying counts, shrunk towards those of the whole field."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from f1lake.model.strength.follow import Field

KEPT = 0.98
"""The weight of earlier counts after each race."""

SHRINKAGE = 20.0
"""From this many (decayed) starts on, a car's own rate counts as much as the field's."""

AT_FIRST = (3.0, 10.0)
"""Cars not classified and starts, before the first race in history."""


@dataclass(frozen=True)
class Reliability:
    """Decayed counts on the evening of every session: sessions × cars, and those of the field."""

    failures: np.ndarray
    starts: np.ndarray
    field_rate: np.ndarray

    def rates(self, session: int, cars: np.ndarray) -> np.ndarray:
        """The probability of each car not to be classified in the race after a session (-1: before the first)."""
        if session < 0:
            return np.full(len(cars), AT_FIRST[0] / AT_FIRST[1])
        shrunk = self.failures[session, cars] + SHRINKAGE * self.field_rate[session]
        return shrunk / (self.starts[session, cars] + SHRINKAGE)


def reliability(rows: pl.DataFrame, field: Field) -> Reliability:
    """From the rows of `scores.observed` and their `field_of`. Sprints are left out, because few cars fail to finish
    them.
    """
    starts = (rows["is_start"] & (rows["session"] == "Race")).to_numpy()
    fails = starts & (rows["status_class"] != "classified").to_numpy()
    sessions = np.repeat(np.arange(len(field.season)), np.diff(field.starts))

    def by_car(counted: np.ndarray) -> np.ndarray:
        table = np.zeros((len(field.season), field.cars))
        np.add.at(table, (sessions[counted], field.car[counted]), 1)
        return table

    started, failed = by_car(starts), by_car(fails)
    kept = np.where(started > 0, KEPT, 1.0)
    of_field = np.column_stack([failed.sum(axis=1), started.sum(axis=1)])
    rates, total = np.zeros(len(of_field)), np.array(AT_FIRST)
    for session in range(len(of_field)):
        if session:
            started[session] += kept[session] * started[session - 1]
            failed[session] += kept[session] * failed[session - 1]
        total = total * (KEPT if of_field[session, 1] else 1.0) + of_field[session]
        rates[session] = total[0] / total[1]
    return Reliability(failed, started, rates)
