"""The person's own page: what they get, on which channels, and their data. In come signed links,
out go pages and changed choices. `links`, `brand` and `texts` may be imported.
"""
