"""A campaign before it runs: written, checked, and its audience and hours worked out. In comes what
somebody said, out go checked campaigns, walks through an audience, and starts by zone. All of it
may be imported.
"""
