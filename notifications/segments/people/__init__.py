"""Who is in a segment: members by page, counted, and as a sample. In come rules as SQL, out go ids
of recipients. All of it may be imported.
"""
