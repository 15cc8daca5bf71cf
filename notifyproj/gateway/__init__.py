"""What stands between sockets and Django in the process `web`.

An event loop takes a request's body, bounded in size, time and memory; only what has arrived in
full gets one of the few threads, each of which keeps a database connection. So a socket that
sends half a body, or reads no answer, costs memory that is counted, and never a thread.
"""
