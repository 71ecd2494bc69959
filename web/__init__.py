"""The web edge: JSON interface, pages and command line."""
