"""Privacy over REST, by subject."""
