"""The back office's pages about people, by subject."""
