"""bronze: what the source says, names and values as in the source, with the history of every change.

Durations are integers of milliseconds (Delta has no duration), dates are dates. Null is what the source does not
say: files of raw that an earlier version collected have -1 and "None" there. Nothing else is cleaned, renamed or left
out.
"""
