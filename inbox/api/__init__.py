"""The inbox's JSON door (docs/api.md)."""
