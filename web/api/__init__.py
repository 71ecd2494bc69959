"""The API for machines, in JSON."""
