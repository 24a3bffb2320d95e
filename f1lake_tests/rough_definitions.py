"""The project's code location, with few simulations: what its odds say is rough, and a daemon's run takes seconds."""

from f1lake.definitions import defs
from f1lake.model import simulated_races, simulated_titles
from f1lake_tests.whole_lake import FEW

__all__ = ["defs"]

simulated_titles.SIMULATIONS = simulated_races.SIMULATIONS = FEW
