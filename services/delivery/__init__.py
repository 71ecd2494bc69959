"""Use case: claim owed messages, send them, settle the outcome."""
