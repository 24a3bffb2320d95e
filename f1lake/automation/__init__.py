"""automation: what runs without anybody: jobs, schedules, sensors and the checks that span tables."""
