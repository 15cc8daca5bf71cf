"""Counts by hour, arm, type, channel and account. `cells` says what is counted and where a delivery
counts (pure), `table` writes and folds the increments. Whoever settles a delivery imports both.
"""
