"""E-mail, by provider, a folder or a file each. In come an `EmailMessage` and an account, out go
requests, outcomes and events. Adapters are reached through `channels.registry`; they share
`events`, `fields` and `mime`.
"""
