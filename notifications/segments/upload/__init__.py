"""Uploaded lists: read line by line, matched to recipients, and undone. In comes a file, out go
members and what was wrong with its lines. For the API and the admin.
"""
