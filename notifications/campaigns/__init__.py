"""Campaigns: one message to many, by their own clocks, watched while it goes out. In come campaigns
that people write, out go runs, whose arms are notifications of the pipeline. It imports the
pipeline, and nothing but the admin and URLs imports from it.
"""
