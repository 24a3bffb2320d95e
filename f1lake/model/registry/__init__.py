"""registry: which fits there are, and which of them is published.

How a fit is made and judged belongs to the recipes and the scores. `store.py` is the only file that imports mlflow.
"""
