"""What a decision needs, loaded for thousands of people in a few statements: people, contact
points, types, caps and counts. All of it may be imported.
"""
