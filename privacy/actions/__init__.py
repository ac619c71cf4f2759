"""What is done for privacy, by subject."""
