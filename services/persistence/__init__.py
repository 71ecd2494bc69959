"""Tables, units of work and stores; SQLAlchemy lives here only."""
