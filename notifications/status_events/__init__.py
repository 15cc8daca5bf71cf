"""What became of deliveries, told to the services. In come events of the pipeline (`outbox`), out
go signed webhooks. `outbox` and `event_types` are for the pipeline; the rest is its own.
"""
