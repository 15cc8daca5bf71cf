"""The first stage. In come requests of services, out go notifications that are written and, when
they are small, resolved and published. `accept` takes requests, `draft` and `checks` say what is
wrong with one, `write` is for those who make notifications themselves; `fanout` resolves the large
ones.
"""
