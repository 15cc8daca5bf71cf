"""Reports from the counters: read, recounted from the log, and repaired. In come filters, out go
figures by hour or day. `query`, `selectors`, `figures` and `latency` may be imported.
"""
