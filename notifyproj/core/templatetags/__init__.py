"""Template tags of the admin's pages; Django finds them by name."""
