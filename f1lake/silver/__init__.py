"""silver: the lake's own words. Cleaned, typed, one row a thing, and what can be known on each day.

`events`, `drivers`, `constructors`, `session_results`, `pit_stops`, `race_pace` and `champions` say what
happened; `scoring_rules` by which rules it counted, `departures` who could race no more; the feature stores
and `season_state` what was known on the day of every race and sprint.
"""
