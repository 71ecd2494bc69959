"""Use case: load a snapshot, judge it, store the outcome, raise alerts."""
