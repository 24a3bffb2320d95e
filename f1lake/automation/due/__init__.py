"""What to request from the sources, and when: the rules, their inputs, and the plan of runs."""
