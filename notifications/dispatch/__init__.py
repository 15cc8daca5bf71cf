"""The third stage. In come deliveries that are due, out go hints on the broker, only while their
queue is short. `dispatch` publishes and says how long the queues are, `claim` takes a hint's rows
and loads them, `sweep` finds what is due; `consumers` says from which queues somebody takes.
"""
