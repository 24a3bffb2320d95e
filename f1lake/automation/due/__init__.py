"""What to ask the source for, and when: the rules, what they read, and the plan of runs that ask."""
