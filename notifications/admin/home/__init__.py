"""The first page of the admin: numbers, charts, what waits and what needs attention. Read from
counters and accounts; nothing imports from it but the admin.
"""
