"""The one error of the launcher."""


class LaunchProblem(Exception):
    """Something the operator can put right. The text is one line and says what to do."""
