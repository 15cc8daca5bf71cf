"""Push to apps, by provider, a file each. In come a `PushMessage` and an account, out go requests
and outcomes. Adapters are reached through `channels.registry`; they share `payload`, `fcm_payload`
and `google_token`.
"""
