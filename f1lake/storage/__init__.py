"""Where tables live and how they get there: contracts, the raw and the Delta I/O manager, reading.

Nothing in here knows Formula 1.
"""
