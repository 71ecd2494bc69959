"""What to tell whom, and why not: pure decisions about alerts."""
