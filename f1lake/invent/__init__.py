"""An invented championship: seasons that never took place, written as a recording (docs/recordings.md).

Nobody and nothing in it is real, and everything says so: ids begin with `inv_`, the recording's `source` with
`invented`. The true parameters are stored beside it, so that models can be compared with them.
"""
