"""F1DB, the second source: an open database, published as an archive of CSV files after each race (CC BY 4.0)."""
