"""What happened to notifications and deliveries, read for the API and the admin. In come filters,
out go views. All of it may be imported.
"""
