"""Who can be reached, where, and what they agreed to. In come people, choices and rules, out go
facts and decisions. `facts` and `decision` are for the pipeline; `recipients`, `consent` and
`suppressions` for those who write.
"""
