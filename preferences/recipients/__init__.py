"""People and their contact points: written, imported, found, erased. In come requests of services,
out go rows. `services`, `selectors`, `contact_points` and `upsert` may be imported.
"""
