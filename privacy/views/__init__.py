"""Pages of privacy, by subject."""
