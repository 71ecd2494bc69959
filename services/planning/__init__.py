"""Use cases on plans: lint, diff, apply, export."""
