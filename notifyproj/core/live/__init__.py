"""Live updates through Redis: published to topics, read by server-sent event streams. All of it may
be imported.
"""
