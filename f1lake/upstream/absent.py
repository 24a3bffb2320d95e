"""What the source does not say, and what FastF1 makes of it: one meaning, null.

The source says nothing by null, by leaving a field out, or by the text "None". FastF1 turns that into -1, NaN or
"None". What does not belong here: what FastF1 breaks on (`client.py`), and whether a row without a value can be
believed (`raw/plausible.py`).
"""

import polars.selectors as cs

NONE = "None"
NULL_WHERE_ABSENT = (
    cs.signed_integer().replace(-1, None), cs.float().fill_nan(None), cs.string().replace(NONE, None)
)
"""Columns as FastF1 gives them, with null for what it says instead of nothing: no field of the source is negative."""
