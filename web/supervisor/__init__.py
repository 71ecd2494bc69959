"""One command that runs everything on this machine, with the standard library alone."""
