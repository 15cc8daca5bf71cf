"""Addresses at rest: normal forms, hashes to find them, and sealing under a person's key. All of it
may be imported.
"""
