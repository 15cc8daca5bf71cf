"""The composition root: settings, URLs, processes, pages. It imports the rooms; they import nothing
of it but `core`.
"""
