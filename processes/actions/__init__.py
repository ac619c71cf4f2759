"""Runs' verbs, by subject."""
