"""The third stage. In come deliveries that are due, out go hints on the broker, only while their
queue is short. `dispatch` publishes, `claim` takes a hint's rows and loads them, `sweep` finds what
is due; `queue_depth` and `consumers` say how the queues do.
"""
