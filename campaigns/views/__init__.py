"""The back office's pages about clients and campaigns, by subject."""
