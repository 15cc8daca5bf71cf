"""Everything that starts and stops processes: embedded servers, supervisor, `make run`.

Nothing here imports Django's settings: they need the servers' addresses, which are made here.
"""
