"""Indicators of a table in a file: read it, apply a method by group, write the figures.

`methods.run` is the command `wherry indicators` without its printing, for notebooks.
"""
