"""Receivers of webhooks and of Slack messages, simulated. Only `sandbox` imports from here."""
