"""The project's code location in a hurry: few simulations, rough odds; what waits for seconds or minutes waits less.

Only a daemon imports it: it changes the modules of its process.
"""

from f1lake.automation import sensors
from f1lake.automation.upkeep import in_charge
from f1lake.definitions import defs
from f1lake.model import simulated_races, simulated_titles
from f1lake.model.learn import race, title
from f1lake.upstream import budget
from f1lake_tests.daemon import SETTLED_AFTER_S
from f1lake_tests.whole_lake import FEW

__all__ = ["defs"]

simulated_titles.TITLE_SIMULATIONS = simulated_races.RACE_SIMULATIONS = FEW
race.MEMBERS = title.MEMBERS = 2
budget.INTERVAL_S = 0
sensors.SETTLED_AFTER_S = SETTLED_AFTER_S
sensors.QUIET_S = 4
in_charge.LEASE_S, in_charge.RENEWED_AFTER_S = 60, 10
for sensor in sensors.SENSORS:
    sensor._min_interval = 2  # Dagster has no other way to make a definition anew
