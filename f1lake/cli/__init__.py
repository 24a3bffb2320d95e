"""The `f1lake` command: one file per group of commands, and how their output looks."""
