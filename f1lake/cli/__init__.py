"""The `f1lake` command: a file for each group of commands, and how they show what they show."""
