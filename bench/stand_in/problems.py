class BenchProblem(Exception):
    """The measurement cannot be made, or what it measured does not add up: say so and end."""
