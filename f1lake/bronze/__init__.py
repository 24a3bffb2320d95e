"""bronze: names and values as in the source, with the history of every change.

Durations are integers in milliseconds (Delta has no duration), dates are dates. A value that the source does not give
is null; raw files collected by an earlier version have -1 or "None" there. Nothing else is cleaned, renamed or left
out.
"""
