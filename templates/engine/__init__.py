"""The language of templates: admitted, measured, and rendered. Pure: in come a source and
variables, out comes text. `render`, `language` and `problem` may be imported.
"""
