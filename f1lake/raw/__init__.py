"""raw: rows as FastF1's interface returns them, with every column it knows, and times as UTC timestamps.

This layer decides what to request with few requests, and checks that the answers are complete and belong to the
registered event. It changes neither names nor values.
"""
