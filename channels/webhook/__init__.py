"""Webhooks and Slack: the servers of recipients. In come messages, out go signed requests and
outcomes. Adapters are reached through `channels.registry`.
"""
