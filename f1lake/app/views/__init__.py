"""views: what one visitor sees, HTML as a function of the snapshot and the address; one file a tab.

Nothing a visitor sends is trusted: an unknown season, driver or round falls back to the default.
"""
