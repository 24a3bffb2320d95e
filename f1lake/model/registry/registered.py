"""The models that are registered."""

from enum import StrEnum


class Registered(StrEnum):
    """A model, by what it is called in the lake; in MLflow's store as `names.py` says."""

    TITLE = "title"
    RACE = "race"
