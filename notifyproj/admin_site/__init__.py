"""The admin as one product: roles, audited models, menu, look. It imports the rooms' admins; no
room imports from it.
"""
