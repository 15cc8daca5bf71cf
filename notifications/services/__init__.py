"""What may be done to notifications once they exist: cancel, resend, send a test, close digests. In
come ids, out go changed rows. All of it may be imported.
"""
