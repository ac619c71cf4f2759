"""Runs over JSON."""
