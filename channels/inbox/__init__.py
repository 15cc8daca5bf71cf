"""The in-app inbox: its table, API, live stream and adapter. In come messages for a person, out go
items that an app shows. `services`, `selectors` and `tokens` may be imported.
"""
