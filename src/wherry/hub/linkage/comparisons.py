"""What is compared between two identities, level by level from the most alike to the least.

Columns play roles (a number, a forename, an address), so the same comparisons serve a hospital's identities and any
other list of people. How much each level says is not here but in a model (`model.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

from wherry.hub.linkage.likeness import (
    PAIRED,
    exchanged_names,
    near_date,
    near_name,
    one_slip,
    part_of,
    same,
    short_form,
    two_slips,
)

#: The last level of every comparison: none of those above.
OTHER = "other"


@dataclass(frozen=True)
class Level:
    """One degree of likeness: a code, its condition, and the column whose common values say less, if any."""

    code: str
    condition: str
    frequency_of: str | None = None


@dataclass(frozen=True)
class Comparison:
    """One aspect of two identities. `missing` is the condition under which it says nothing."""

    name: str
    missing: str
    levels: tuple[Level, ...]

    def codes(self) -> tuple[str, ...]:
        """Codes of the levels, the last one `other`."""
        return (*(level.code for level in self.levels), OTHER)


def _missing(column: str) -> str:
    return f"{column}_l is null or {column}_r is null"


_NEAR_POSTCODE = f"({same('postcode', PAIRED)} or {one_slip('postcode', PAIRED, shortest=5)})"
_NEAR_ADDRESS = f"({same('address', PAIRED)} or {two_slips('address', PAIRED, shortest=8)})"
_TWO_PARTS = (
    "((substr(dob_l, 1, 6) = substr(dob_r, 1, 6)) or (substr(dob_l, 5, 4) = substr(dob_r, 5, 4)) or "
    "(substr(dob_l, 1, 4) = substr(dob_r, 1, 4) and substr(dob_l, 7, 2) = substr(dob_r, 7, 2)))"
)

COMPARISONS = (
    Comparison(
        "number",
        _missing("number"),
        (
            Level("same", same("number", PAIRED)),
            Level("one_slip", one_slip("number", PAIRED, shortest=5)),
            Level("two_slips", two_slips("number", PAIRED, shortest=5)),
        ),
    ),
    Comparison(
        "surname",
        _missing("surname"),
        (
            Level("same", same("surname", PAIRED), "surname"),
            Level("near", near_name("surname", PAIRED)),
            Level("part", part_of("surname", PAIRED, shortest=4)),
            Level("exchanged", exchanged_names(PAIRED)),
        ),
    ),
    Comparison(
        "forename",
        _missing("forename"),
        (
            Level("same", same("forename", PAIRED), "forename"),
            Level("near", near_name("forename", PAIRED)),
            Level("short_form", f"({short_form(PAIRED)} or {part_of('forename', PAIRED, shortest=1)})"),
            Level("exchanged", exchanged_names(PAIRED)),
        ),
    ),
    Comparison(
        "birth_date",
        _missing("dob"),
        (
            Level("same", same("dob", PAIRED)),
            Level("near", near_date(PAIRED)),
            Level("two_parts", _TWO_PARTS),
        ),
    ),
    Comparison("sex", _missing("sex"), (Level("same", same("sex", PAIRED)),)),
    Comparison(
        "address",
        f"({_missing('postcode')}) and ({_missing('address')})",
        (
            Level("same", f"{same('postcode', PAIRED)} and {_NEAR_ADDRESS}"),
            Level("near", f"{_NEAR_ADDRESS} and ({_NEAR_POSTCODE} or postcode_l is null or postcode_r is null)"),
            Level("address", f"{_NEAR_ADDRESS}"),
            Level("postcode", same("postcode", PAIRED)),
            Level("near_postcode", _NEAR_POSTCODE),
            Level("district", same("district", PAIRED)),
        ),
    ),
    Comparison("practice", _missing("practice"), (Level("same", same("practice", PAIRED)),)),
)

#: Columns whose common values say less than rare ones.
FREQUENCY_COLUMNS = ("surname", "forename")

#: Two identities are compared if one of these holds. Each is an equality of columns that `standardise` makes.
BLOCKS = (
    ("number",),
    ("dob",),
    ("surname", "forename", "birth_year"),
    ("surname", "forename", "birth_day"),
    ("surname", "forename", "district"),
    ("postcode", "forename"),
    ("postcode", "birth_year", "sex"),
    ("address", "birth_year"),
    ("number_head", "birth_year"),
    ("number_tail", "birth_year"),
)
