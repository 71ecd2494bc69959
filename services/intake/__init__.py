"""Use cases that record facts: checked, deduplicated, journalled."""
