"""bronze: what the source says, names and values as in the source, with the history of every change.

Durations are integers of milliseconds (Delta has no duration), dates are dates, and what FastF1
gives as -1 because the source has no number is null. Nothing else is cleaned, renamed or left out.
"""
