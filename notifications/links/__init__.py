"""Links of ours in messages: unsubscribe, why, opens and clicks. In come deliveries and, later,
visits, out go URLs, events and withdrawals. `decorate` and `our_urls` may be imported.
"""
