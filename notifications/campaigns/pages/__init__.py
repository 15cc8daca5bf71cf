"""The pages of campaigns in the admin: writing, reviewing, launching, watching. Only the admin
imports from it.
"""
