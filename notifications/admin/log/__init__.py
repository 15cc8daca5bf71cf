"""Lists and pages of notifications, deliveries and attempts in the admin. Nothing imports from it
but the admin.
"""
