"""A campaign while it runs. In come launches, clock ticks and operators' commands, out go waves
of deliveries. `launch` begins a run, `rows` writes it, `lifecycle` pauses and ends it, `feed`
writes a wave, `tick` moves all of them once a second.
"""
