"""gold: standings and reports to read, computed from silver only."""
