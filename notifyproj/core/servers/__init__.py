"""The broker and Redis, with time limits and a rest after each failure. In come commands, out go
answers or an error soon. All of it may be imported.
"""
