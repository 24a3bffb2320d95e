"""Checks that take several tables, versions or seasons, or the calendar."""
