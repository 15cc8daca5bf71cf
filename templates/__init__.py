"""What messages say: templates, their versions, and the language they are written in. In come texts
of authors, out go rendered parts. `versions.published` and `engine.render` are for the pipeline.
"""
