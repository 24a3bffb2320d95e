"""season: what is known on a day of a season, and thousands of ways in which it may go on."""
