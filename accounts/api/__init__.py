"""People's JSON door (docs/api.md)."""
