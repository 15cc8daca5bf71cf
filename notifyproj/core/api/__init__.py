"""What every HTTP API here shares: who asks and how fast, bodies, errors, query parameters,
OpenAPI. For the views of the rooms.
"""
