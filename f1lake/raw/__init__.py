"""raw: rows as FastF1's interface returns them, every column it knows, times as UTC timestamps.

What belongs here: which questions to ask, with how few requests, and that the answers are of the
registered event and complete. What does not: changing names or values.
"""
