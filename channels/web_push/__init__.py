"""Push to browsers: the VAPID adapter, the encryption of its payloads, and subscriptions. `vapid`
is reached through `channels.registry`; `subscription` may be imported.
"""
