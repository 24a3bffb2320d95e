"""silver: the lake's own words. Cleaned, typed, one row a thing, and what can be known on each day.

`events`, `drivers`, `constructors`, `session_results` and `champions` say what happened;
`driver_features` says what was known on the day of every race and sprint.
"""
