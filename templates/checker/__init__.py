"""A process of its own for texts of authors that may end one, with limits of memory, CPU and time.
In come jobs, out go their results. `pool` may be imported.
"""
