"""Errors of our own: the message says what is wrong and what to do.

A command shows such an error as one line (`cli/screen.py`); any other error is a bug or a surprise and shows its trace.
"""


class ExplainedError(Exception):
    """The message is for whoever runs f1lake."""


class UsageError(ExplainedError, ValueError):
    """Somebody asked for what does not exist: an unknown table, an invalid setting, a span of seasons."""
