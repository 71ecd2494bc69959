"""The protocols between use cases and tools; one module a use case."""
