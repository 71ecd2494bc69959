"""Northfield Health, a made-up hospital group, and how its two years are replayed."""
