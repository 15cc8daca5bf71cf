"""The shared kernel: services and their keys, encryption, ids, the clock, writers and servers. It
knows no room; all but the pure modules may import from it.
"""
