"""The HTTP API of segments and of their people. Only URLs import from it."""
