"""The HTTP API of templates. Only URLs import from it."""
