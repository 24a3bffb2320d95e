"""strength: how good cars and drivers are: what is observed of them, and how it is tracked over time."""
