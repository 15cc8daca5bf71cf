"""The HTTP API of campaigns. In come requests, out go calls of `plan`, `preflight` and `run`. Only
URLs import from it.
"""
