"""The read side: frozen rows for pages, charts and lists."""
