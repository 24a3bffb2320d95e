"""silver: clean, typed tables in the lake's own terms, and what was known on each day.

`events`, `drivers`, `constructors`, `session_results`, `pit_stops`, `race_pace` and `champions` say what happened.
`scoring_rules` has the rules by which it counted, `departures` the drivers who could not race any more. The feature
stores and `season_state` say what was known on the day of every race and sprint.
"""
