"""What providers said, folded into the log. In come stored callbacks, out go outcomes that rise,
counters, and addresses to leave alone. `process` is how to fold, `parse` and `events` hold its
values, `transitions` is the pure table.
"""
