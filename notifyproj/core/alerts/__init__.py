"""What the person on call should know: rows, one a cause, and the notifier that tells them.
`alerts` may be imported.
"""
