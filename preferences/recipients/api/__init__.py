"""The HTTP API of recipients and contact points. Only URLs import from it."""
