"""Audiences: rules over attributes and activity, and uploaded lists. In come rules and files, out
go members. `selectors`, `services` and `people` may be imported.
"""
