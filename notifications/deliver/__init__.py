"""The fourth stage. In come hints (ids of deliveries), out go requests on the transport, and
results put to the recorder. `deliver` is the stage, `worker` the end of a process that does it;
`screen`, `route` and `prepare` are also how a send is explained.
"""
