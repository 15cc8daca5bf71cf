"""Versions of templates: drafted, published, found, archived, exported. `published` is for those
who send, `services` and `selectors` for those who write.
"""
