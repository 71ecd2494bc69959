"""The pure lifecycle of an alert: what changed, who is told, and why."""
