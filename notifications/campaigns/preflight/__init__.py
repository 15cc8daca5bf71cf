"""What would happen, before a launch: estimates, a sample of people through the real rules, and
concerns to acknowledge. Nothing is sent or counted. `preflight` and `acknowledge` may be imported.
"""
