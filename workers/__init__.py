"""RQ jobs, the workers that run them, and the clock."""
