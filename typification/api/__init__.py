"""The tree's JSON door."""
