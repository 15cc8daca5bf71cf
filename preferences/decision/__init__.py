"""Whether a message may go to a person on a channel, and when. Pure: in come rules, facts and the
time, out comes a decision with its reason. All of it may be imported.
"""
