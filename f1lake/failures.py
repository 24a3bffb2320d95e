"""Errors of our own: the message says what is wrong and what to do.

A command shows such an error as one line (`cli/screen.py`); any other error is a bug or a surprise and shows its trace.
"""


class ExplainedError(Exception):
    """The message is for whoever runs f1lake: a text, and the values of its places in braces.

    They are kept apart, so that a command can say it in another language (`cli/portuguese.py`).
    """

    def __init__(self, text: str, /, **values: object) -> None:
        super().__init__(text)
        self.values = values

    def __str__(self) -> str:
        return self.args[0].format(**self.values) if self.values else self.args[0]


class UsageError(ExplainedError, ValueError):
    """Somebody asked for what does not exist: an unknown table, an invalid setting, a span of seasons."""
