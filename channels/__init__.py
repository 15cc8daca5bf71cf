"""How to reach somebody: messages, provider accounts, adapters and the network. In come messages
and accounts as values, out go requests, outcomes and events. It knows nothing of notifications,
people or templates, which import from it.
"""
