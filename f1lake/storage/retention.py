"""Which tables are kept permanently, because nothing can compute them again."""

KEPT_FOREVER = ("raw", "bronze", "odds/published")
"""Layers and tables that nothing can compute again: no version of them is cleaned up, and every backup has them."""


def is_kept_forever(table: str) -> bool:
    """Whether a table or its layer is one of `KEPT_FOREVER`."""
    return table in KEPT_FOREVER or table.partition("/")[0] in KEPT_FOREVER
