"""The HTTP API of webhooks and their deliveries. Only URLs import from it."""
