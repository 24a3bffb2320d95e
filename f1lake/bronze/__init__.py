"""bronze: what the source says, names and values as in the source, with the history of every change.

Durations are integers of milliseconds (Delta has no duration), dates are dates. Nothing is
cleaned, renamed or left out here.
"""
