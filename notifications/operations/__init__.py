"""Running it: partitions and old rows, key rotation, metrics, signals of workers. For tasks,
commands and the metrics page.
"""
