"""Template tags of the sandbox's page; Django finds them by name."""
