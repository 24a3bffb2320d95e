"""upstream/dump: the Jolpica project's bulk dump, its whole database as CSV files in one archive, free after 14 days.

It becomes a recording (docs/recordings.md), which FastF1's client reads like any other. What does not belong here:
when a dump is asked for, and which runs read it (`automation/`).
"""
