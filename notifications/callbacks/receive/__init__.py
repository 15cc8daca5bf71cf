"""Callbacks of providers at `/hooks/`: verified, stored once, answered. In come HTTP requests, out
go rows for `fold`. `store` and `intake` may be imported.
"""
