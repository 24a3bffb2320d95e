"""Places, and chances of them: scaled so that the places of each race are filled."""

import numpy as np

from f1lake.model.season.simulate import FLOOR


def ranks(strength: np.ndarray) -> np.ndarray:
    """The place of each, the strongest first."""
    return 1 + np.argsort(np.argsort(-strength, kind="stable"), kind="stable")


def filled(
    chance: np.ndarray, floor: np.ndarray, places: np.ndarray, starting: np.ndarray, races: np.ndarray
) -> np.ndarray:
    """Chances scaled so that they sum to the places of their race (or to its starters, if fewer).

    None below its `floor` or above 1, 0 for who does not start; the factor of each race is found by bisection.
    """
    if not len(races):
        return chance
    starts = np.flatnonzero(np.diff(races, prepend=-1))
    room = np.minimum(places[starts], np.add.reduceat(starting, starts, dtype=float))
    chance = np.where(starting, np.maximum(chance, FLOOR), 0.0)

    def at(log_factor: np.ndarray) -> np.ndarray:
        return np.clip(np.exp(log_factor)[races] * chance, np.where(starting, floor, 0.0), starting.astype(float))

    low, high = np.full(len(starts), -30.0), np.full(len(starts), 30.0)
    for _ in range(60):
        middle = (low + high) / 2
        is_less = np.add.reduceat(at(middle), starts) < room
        low, high = np.where(is_less, middle, low), np.where(is_less, high, middle)
    return at(high)
