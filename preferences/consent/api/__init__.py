"""The HTTP API of preferences and suppressions. Only URLs import from it."""
