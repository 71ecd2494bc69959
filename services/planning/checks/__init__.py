"""The cross-checks of a plan, one module a family; each is a generator of notes."""
