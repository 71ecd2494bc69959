"""Use cases of the people who answer an alert."""
