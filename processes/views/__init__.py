"""The pages of processes, by subject."""
