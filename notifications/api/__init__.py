"""The HTTP API of notifications and reports. In come requests, out go calls of `accept` and
`services` and what `history` and `analytics` read. Only URLs import from it.
"""
