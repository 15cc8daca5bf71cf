"""Provider accounts: which of them a message takes (`choose`, pure), how much it may send
(`rate_limit`, `daily_cap`), and how it does (`health`, `breaker`, `probe`). In come account rows
and what was seen of their sends, out go routes. All of it may be imported.
"""
