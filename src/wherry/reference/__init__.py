"""The NHS vocabulary: codes, names, calendars, organisations, standards and targets, each with its dates.

Nothing here knows a patient or a file that came in. Tables of codes are CSV or TOML in `data/`; a hospital system
(organisations, sites, places, published baseline) is a folder under `systems/`, read by `wherry.reference.system.load`.
"""
