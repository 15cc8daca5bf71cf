"""Postmark. The adapter is `adapter`, which `channels.registry` names; nothing else imports from
here.
"""
