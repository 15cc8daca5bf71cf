"""What the simulators share: the accounts they know, faults, callbacks, the values a request is
judged by, and the recorder of what came. For the simulators only.
"""
