"""Where tables are and how they are stored: contracts, the I/O managers of raw and Delta tables, reading."""
