"""The categories of a split in order, with their names, and which of them say that nobody knows.

"Not known" is a category like any other in a table; it is never best, worst or part of a gap, for it is not a group
of people. Deprivation: national fifths, 1 is the most deprived (domain notes 4.1, 4.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wherry.performance.measures.model import AGE_BANDS, Split

MOST, LEAST = "1", "5"
NOT_KNOWN = "Not known"

#: What each split is called.
SPLIT_NAMES = {
    Split.IMD_QUINTILE: "Deprivation",
    Split.AGE_BAND: "Age",
    Split.SEX: "Sex",
    Split.ETHNICITY: "Ethnicity",
    Split.PLACE: "Place of residence",
}
_NAMES: dict[Split, dict[str, str]] = {
    Split.IMD_QUINTILE: {
        "1": "Most deprived fifth",
        "2": "Second fifth",
        "3": "Middle fifth",
        "4": "Fourth fifth",
        "5": "Least deprived fifth",
    },
    Split.AGE_BAND: {band: band for band in AGE_BANDS},
    Split.SEX: {"1": "Male", "2": "Female", "9": "Neither male nor female", "X": NOT_KNOWN},
    Split.ETHNICITY: {name: name for name in ("White", "Mixed", "Asian", "Black", "Other")},
}
_UNKNOWN = frozenset({"", "X", "not known", "unknown"})


def is_known(split: Split, category: str) -> bool:
    """Whether a category is a group of people and not a gap in the records.

    >>> is_known(Split.IMD_QUINTILE, "1"), is_known(Split.ETHNICITY, "Not known"), is_known(Split.SEX, "X")
    (True, False, False)
    """
    return category.strip() not in _UNKNOWN and category.strip().lower() not in _UNKNOWN


def name(split: Split, category: str, places: Mapping[str, str] | None = None) -> str:
    """A category as a reader is told it.

    >>> name(Split.IMD_QUINTILE, "1"), name(Split.PLACE, ""), name(Split.AGE_BAND, "85+")
    ('Most deprived fifth', 'Elsewhere or not known', '85+')
    """
    if not is_known(split, category):
        return "Elsewhere or not known" if split is Split.PLACE else NOT_KNOWN
    if split is Split.PLACE:
        return (places or {}).get(category, category)
    return _NAMES.get(split, {}).get(category, category)


def ordered(split: Split, categories: Iterable[str], places: Mapping[str, str] | None = None) -> list[str]:
    """Categories in the split's own order, strangers after them by name, not known last.

    >>> ordered(Split.IMD_QUINTILE, ["", "5", "1", "3"])
    ['1', '3', '5', '']
    """
    rank = {code: at for at, code in enumerate(_NAMES.get(split, {}))}

    def key(code: str) -> tuple[bool, int, str, str]:
        return (not is_known(split, code), rank.get(code, len(rank)), name(split, code, places), code)

    return sorted(set(categories), key=key)
