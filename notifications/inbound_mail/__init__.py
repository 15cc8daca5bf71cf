"""Mail to us: bounces, complaints and unsubscriptions, taken in by a listener or out of a mailbox.
Each becomes a stored callback, and is read like those of any provider."""
