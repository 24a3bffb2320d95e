"""f1lake: a Formula 1 lakehouse. The folders are the data flow: raw, bronze, silver, gold, abt, model, odds, app."""
