"""model: the recipes that say who wins, their backtests by season, their scores, and the registry of what was fitted.

Who uses a model to publish odds belongs to `odds`.
"""
