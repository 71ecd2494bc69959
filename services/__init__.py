"""The service behind its edges: the pure framework, the use cases and the adapters."""
