"""Contacts' pages."""
