"""For whom it is worst: gaps between groups of people, how sure they are, and whether they close.

`breakdown` reads the categories of one measure, `gaps` and `slope` say how far apart they are, `ranking` puts many
measures in order, `overtime` follows a gap; `life_course`, `core20plus5` and `deaths` are the three views beside.
"""
