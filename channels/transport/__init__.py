"""The network I/O of a worker, on one event loop. In come requests of adapters with a deadline, out
go outcomes, through a callback. `loop` is how to send, `http_clients` is for others who fetch; it
and `ssrf` say which servers may be called; the rest is its own.
"""
