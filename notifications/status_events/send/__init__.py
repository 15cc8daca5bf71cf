"""The sender of status events. In come events that are due, out go requests on the transport and,
in batches, what was answered. `send` is started by a task; nothing else imports from it but the
worker.
"""
