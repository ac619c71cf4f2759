"""The verbs of the inbox, by subject: the only writers of its tables."""
