"""Which council and which place an address belongs to, from its postcode district: a dated table, to be checked.

A postcode district may lie in several districts; the table names the one where most of its addresses lie. An address
that is not in it is in no place, and says so: its tasks for a council wait until a person names one.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class Home:
    """Where an address lies: its postcode district, district council, council with social care, and place."""

    postcode_district: str
    district: str
    council: str
    place: str


NOWHERE = Home("", "", "", "")


def home_of(postcode: str) -> Home:
    """The place of a postcode; `NOWHERE` where it is blank, else one without a place where it is not known.

    >>> home_of("NR31 6LA").council, home_of("nr316la").place, home_of("ZZ1 1ZZ").place, home_of("") == NOWHERE
    ('E10000020', 'Great Yarmouth and Waveney', '', True)
    """
    plain = "".join(postcode.split()).upper()
    if len(plain) < 5:
        return NOWHERE
    outer = plain[:-3]
    return _table().get(outer, Home(outer, "", "", ""))


def places() -> tuple[str, ...]:
    """Every place of the table, by name.

    >>> places()[0]
    'Great Yarmouth and Waveney'
    """
    return tuple(sorted({home.place for home in _table().values()}))


@cache
def _table() -> dict[str, Home]:
    text = resources.files("wherry.reference").joinpath("data", "discharge_places.csv").read_text(encoding="utf-8")
    return {
        row["postcode_district"]: Home(row["postcode_district"], row["district"], row["council"], row["place"])
        for row in csv.DictReader(text.splitlines())
    }


def councils() -> tuple[str, ...]:
    """Every council with social care in the table.

    >>> councils()
    ('E10000020', 'E10000029')
    """
    return tuple(sorted({home.council for home in _table().values() if home.council}))
