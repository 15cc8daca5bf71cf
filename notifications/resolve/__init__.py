"""The second stage. In come jobs (a notification and its people), out go delivery rows, also for
what is not sent, with why. `resolve` plans, `insert` writes, `rows` holds the values, `trace` reads
why.
"""
