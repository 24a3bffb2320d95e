"""gold: tables to read: standings and reports, made from silver only."""
