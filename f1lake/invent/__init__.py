"""A championship of our own: seasons that never were, written as a recording like any other (docs/recordings.md).

Nobody and nothing in it is real, and everything says so: ids begin with `inv_`, the recording's
`source` with `invented`. The true parameters stand beside it, for models to be held against.
"""
