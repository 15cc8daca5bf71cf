"""What a counter counts: numbers that `counter.measure` holds. Pure, and stable once written.

Up to 99 it is a State, or `CREATED`: the conservation law is about these, in delivery rows.
"""

LAW_ENDS = 100  # measures below are of the conservation law

CREATED = 0
OUTCOME = 100  # + a ProviderOutcome: deliveries of which this is the provider's word by now
COMPLAINED = 201  # events
UNSUBSCRIBED = 202
COST = 210  # `n` is millionths, of every try
LATENCY = 1_000  # + 100 · lane + bucket: tries a provider took, by the time that had passed
