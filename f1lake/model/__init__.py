"""model: the recipes that predict winners, their backtests by season, their scores, and the registry of fitted models.

Publishing odds with a model belongs to `odds`.
"""
