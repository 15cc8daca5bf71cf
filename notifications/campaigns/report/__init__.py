"""What a campaign did: figures by arm, the control group, progress, and whether a difference is one
(`significance`, pure). Read for its pages and its API.
"""
