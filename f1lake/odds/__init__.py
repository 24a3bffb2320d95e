"""odds: the probabilities that are published, one row an entrant, decision and model version.

Nothing is fitted here: fitting, measuring and registering belong to `model`.
"""
