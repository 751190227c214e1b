"""Age bands as people write them, and the European Standard Population for them.

The standard population is that of 2013 (Revision of the European Standard Population, report of Eurostat's task force,
2013; used by the Office for National Statistics and in the technical guidance of OHID): 100,000 people of both sexes
in bands of five years, of which the first is also given as under 1 and 1 to 4, and the last as 90 to 94 and 95 on.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise

from wherry.errors import UserError

#: First and last age of a band; no last age: and over.
Band = tuple[int, int | None]

_RANGE = re.compile(r"(\d+)\s*(?:-|–|to|_)\s*(\d+)")
_OVER = re.compile(r"(\d+)\s*(?:\+|plus|and (?:over|above|older)|or (?:over|older|more))")
_UNDER = re.compile(r"(?:<|under|less than|below)\s*(\d+)")
_SINGLE = re.compile(r"(\d+)(?:\.0+)?")


def band(text: str) -> Band | int:
    """The ages of a band as written; one number alone is only where a band begins.

    Raises ValueError where no ages can be read.

    >>> band("0-4"), band("Aged 5 to 9 years"), band("90+"), band("85 and over"), band("<1"), band("10")
    ((0, 4), (5, 9), (90, None), (85, None), (0, 0), 10)
    """
    words = re.sub(r"\b(aged?|years?|yrs?|old)\b", " ", text.strip().lower()).strip()
    if found := _RANGE.fullmatch(words):
        return int(found[1]), int(found[2])
    if found := _OVER.fullmatch(words):
        return int(found[1]), None
    if found := _UNDER.fullmatch(words):
        return 0, int(found[1]) - 1
    if found := _SINGLE.fullmatch(words):
        return int(found[1])
    raise ValueError(text)


def ladder(bands: Sequence[Band | int]) -> list[Band]:
    """Bands of which some are only beginnings, each of those reaching to the next one; the last is open.

    >>> ladder([5, 0, 10])
    [(5, 9), (0, 4), (10, None)]
    """
    starts = sorted({one if isinstance(one, int) else one[0] for one in bands})
    after = dict(pairwise(starts))
    return [one if not isinstance(one, int) else (one, after[one] - 1 if one in after else None) for one in bands]


@lru_cache(maxsize=1)
def european_standard_population() -> dict[Band, int]:
    """People of the European Standard Population 2013 by its narrowest bands; together 100,000.

    >>> sum(european_standard_population().values())
    100000
    """
    text = (files("wherry.performance.indicators") / "european_standard_population_2013.csv").read_text("utf-8")
    return {
        (int(row["from_age"]), int(row["to_age"]) if row["to_age"] else None): int(row["people"])
        for row in csv.DictReader(text.splitlines())
    }


def standard_people(one: Band) -> int:
    """People of the European Standard Population 2013 in a band.

    Raises UserError where the band's ends are not ends of its bands.

    >>> standard_people((0, 4)), standard_people((90, None)), standard_people((85, None)), standard_people((0, 0))
    (5000, 1000, 2500, 1000)
    """
    narrow = european_standard_population()
    first, last = one
    inside = [
        (found, people)
        for found, people in narrow.items()
        if found[0] >= first and (last is None or (found[1] is not None and found[1] <= last))
    ]
    starts = {found[0] for found in narrow}
    ends = {found[1] for found in narrow}
    if first not in starts or last not in ends or not inside:
        raise UserError(
            f"The European Standard Population has no people for ages {words(one)} alone. Its bands are under 1, 1-4, "
            "then five years each, 90-94 and 95+. Use bands made of those, or give a column standard_population."
        )
    return sum(people for _, people in inside)


def words(one: Band) -> str:
    """A band as it is shown.

    >>> words((0, 4)), words((90, None))
    ('0-4', '90+')
    """
    first, last = one
    return f"{first}+" if last is None else f"{first}-{last}"
