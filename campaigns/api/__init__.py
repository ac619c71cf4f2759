"""The campaigns' JSON door (docs/api.md)."""
