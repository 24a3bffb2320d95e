"""The tests of f1lake: the folders mirror the package."""
