"""SMS, by provider, a folder or a file each. In come an `SmsMessage` and an account, out go
requests, outcomes and events. Adapters are reached through `channels.registry`; they share
`recipient` and `senders`.
"""
