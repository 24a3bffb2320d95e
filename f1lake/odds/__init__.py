"""odds: the published probabilities, one row per entrant, decision and model version.

Nothing is fitted here; fitting, scoring and registering belong to `model`.
"""
