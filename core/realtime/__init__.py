"""Pushing what changed to whoever watches it. No business word: topics come from the floors above, through the wiring."""
