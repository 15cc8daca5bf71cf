"""Files that e-mails carry: stored sealed, kept as long as something needs them, and put into a
message. `store`, `attach` and `memory_budget` may be imported.
"""
