"""What a person can do something about: errors whose message says what is wrong and what to do.

A command ends with the message of such an error and no traceback, without importing what could raise it.
"""


class ExplainedError(Exception):
    """Its message is for whoever runs f1lake."""
