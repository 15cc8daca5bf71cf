"""Who changed the configuration: the actor of a connection, and the entries that triggers write.
`log` may be imported.
"""
