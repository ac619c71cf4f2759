"""The campaigns' pages, by subject."""
