"""Jobs: plan, run, resume, lock."""
