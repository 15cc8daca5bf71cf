"""The rules of a segment: parsed, checked, and compiled to SQL. Pure. In comes JSON, out go a tree
and a condition with its parameters.
"""
