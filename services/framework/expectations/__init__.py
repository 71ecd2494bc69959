"""The catalogue of expectations: what the execution framework expects, each a small function."""
