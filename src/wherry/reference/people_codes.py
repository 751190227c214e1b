"""Codes about a person, in words: ethnic category, sex, NHS number status.

Source: NHS Data Dictionary, ETHNIC CATEGORY (census 2001 list), PERSON STATED GENDER CODE, NHS NUMBER STATUS
INDICATOR CODE (the words are general knowledge).
"""

from __future__ import annotations

#: Ethnic category A to S, Z not stated, 99 not known.
ETHNIC_CATEGORIES: dict[str, str] = {
    "A": "White: British",
    "B": "White: Irish",
    "C": "White: any other White background",
    "D": "Mixed: White and Black Caribbean",
    "E": "Mixed: White and Black African",
    "F": "Mixed: White and Asian",
    "G": "Mixed: any other mixed background",
    "H": "Asian or Asian British: Indian",
    "J": "Asian or Asian British: Pakistani",
    "K": "Asian or Asian British: Bangladeshi",
    "L": "Asian or Asian British: any other Asian background",
    "M": "Black or Black British: Caribbean",
    "N": "Black or Black British: African",
    "P": "Black or Black British: any other Black background",
    "R": "Other: Chinese",
    "S": "Other: any other ethnic group",
    "Z": "Not stated",
    "99": "Not known",
}

#: The same codes in the groups that reports use.
ETHNIC_GROUPS: dict[str, str] = {
    code: {"Not stated": "Not stated or not known", "Not known": "Not stated or not known"}.get(
        words, words.split(":")[0].split(" or ")[0]
    )
    for code, words in ETHNIC_CATEGORIES.items()
}

SEXES: dict[str, str] = {"1": "Male", "2": "Female", "9": "Indeterminate", "X": "Not known"}

NHS_NUMBER_STATUSES: dict[str, str] = {
    "01": "number present and verified",
    "02": "number present but not traced",
    "03": "trace required",
    "04": "trace attempted, no match or several",
    "05": "trace needs to be resolved",
    "06": "trace in progress",
    "07": "number not present, trace not required",
    "08": "trace postponed",
}
