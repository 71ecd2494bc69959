"""Settings and logging, read once at the edge."""
