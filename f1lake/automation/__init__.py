"""automation: what runs without anybody: jobs, schedules, sensors, and checks that compare tables."""
