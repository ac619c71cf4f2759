"""Contacts' JSON door."""
