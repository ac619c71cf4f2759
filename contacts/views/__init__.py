"""Pages of contacts, by subject."""
