"""Why somebody gets a message or not: the real rules, accounts and adapters, with the result thrown
away. In comes a request, out go sentences. `explain` and `message` may be imported.
"""
