"""What somebody should know before publishing: problems, advice, differences, previews. Pure: in
come parts, out go remarks. All of it may be imported.
"""
