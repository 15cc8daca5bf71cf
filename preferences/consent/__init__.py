"""Choices and withdrawals of people, written with their history. In comes what somebody chose, out
go preferences and events of consent. `choices`, `read`, `write` and `withdrawals` may be imported.
"""
