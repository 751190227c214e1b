"""What each column of a year of activity may say, and what it becomes.

Every distinct value is looked at once, whatever the number of rows. Words of refusal begin after the column's name.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from wherry.reference import treatment_functions
from wherry.reference.activity import KINDS, marker_bits
from wherry.reference.diagnostic_tests import TESTS

#: Largest numbers that are believed. Own defaults: nobody stays 27 years or is operated on for two days.
MOST_NIGHTS = 9_999
MOST_MINUTES = 2_880
MOST_OF_ONE = 100_000_000
OLDEST = 120
#: The last age that is kept by itself; older people are counted with it.
LAST_AGE = 90
#: Theatre minutes are kept to the nearest so many.
MINUTES_STEP = 15

Parse = Callable[[str], int | str]


@dataclass(frozen=True)
class Vocabulary:
    """What is known of a system: the organisation of each site, and every organisation."""

    sites: dict[str, str]
    organisations: tuple[str, ...]


def year(text: str) -> int:
    """A financial year as its first calendar year.

    >>> year("2023/24"), year("1999-00")
    (2023, 1999)
    """
    found = re.fullmatch(r"((?:19|20)\d\d)[/-](\d\d)", text)
    if found is None or (int(found[1]) + 1) % 100 != int(found[2]):
        raise ValueError(f"{text!r} is no financial year; write it as 2023/24")
    return int(found[1])


def whole(text: str, least: int, most: int) -> int:
    """A whole number between two, also written as 2.0.

    >>> whole("7", 0, 9), whole("2.0", 0, 9)
    (7, 2)
    """
    found = re.fullmatch(r"(-?\d{1,12})(?:\.0+)?", text)
    if found is None:
        raise ValueError(f"{text!r} is no whole number" if text else "is blank")
    number = int(found[1])
    if not least <= number <= most:
        raise ValueError(f"{text} is not between {least} and {most:,}")
    return number


def age(text: str) -> int:
    """Age in whole years, 90 and older together.

    >>> age("0"), age("89"), age("104")
    (0, 89, 90)
    """
    return min(LAST_AGE, whole(text, 0, OLDEST))


def sex(text: str) -> int:
    """1 man, 2 woman; 9 (not specified) and 0 (not known) are both 9. NHS Data Dictionary, PERSON GENDER CODE CURRENT.

    >>> [sex(text) for text in "1290"]
    [1, 2, 9, 9]
    """
    if text not in ("0", "1", "2", "9"):
        raise ValueError(f"{text!r} is not 1 (male), 2 (female), 9 (not specified) or 0 (not known)")
    return int(text) or 9


def quintile(text: str) -> int:
    """Deprivation fifth, 1 the most deprived; blank or 0 is not known."""
    return whole(text, 0, 5) if text else 0


def minutes(text: str) -> int:
    """Theatre minutes to the nearest 15, halves up; blank is none.

    >>> minutes(""), minutes("52"), minutes("53")
    (0, 45, 60)
    """
    return (whole(text, 0, MOST_MINUTES) * 2 + MINUTES_STEP) // (2 * MINUTES_STEP) * MINUTES_STEP if text else 0


def markers(text: str) -> int:
    """Markers joined by `+`, as bits."""
    try:
        return marker_bits(text)
    except KeyError as error:
        raise ValueError(f"{text!r} has the marker {error.args[0]!r}, which nobody knows") from None


def kind_of(family: str) -> Parse:
    """A kind of activity that belongs in a file."""
    allowed = [code for code, kind in KINDS.items() if kind.family == family]

    def parse(text: str) -> str:
        if text in allowed:
            return text
        if text in KINDS:
            raise ValueError(f"{text!r} belongs in {KINDS[text].family}.csv")
        raise ValueError(f"{text!r} is no kind of {family} activity{near(text, allowed)}")

    return parse


def function(text: str) -> str:
    """A treatment function of the NHS Data Dictionary."""
    if treatment_functions.get(text) is None:
        raise ValueError(f"{text!r} is no treatment function" if text else "is blank")
    return text


def test(text: str) -> str:
    """A test of the DM01 return."""
    if text not in TESTS:
        raise ValueError(f"{text!r} is no test of the DM01 return{near(text, TESTS)}")
    return text


def site_of(known: Vocabulary) -> Parse:
    """A site that the system has."""

    def parse(text: str) -> str:
        if not text:
            raise ValueError("is blank")
        if text not in known.sites:
            raise ValueError(f"{text!r} is no site of the system{near(text, known.sites)}")
        return text

    return parse


def organisation_of(folder: str) -> Parse:
    """The organisation whose folder it is."""

    def parse(text: str) -> str:
        if text != folder:
            raise ValueError(f"{text!r} is not {folder}, whose folder it is in")
        return text

    return parse


def near(text: str, known: Iterable[str]) -> str:
    """A suggestion, if something is near.

    >>> near("electiv", ("elective", "day_case")), near("zzz", ("elective",))
    ("; did you mean 'elective'?", '')
    """
    close = difflib.get_close_matches(text, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def hint(text: str, known: Iterable[str]) -> str:
    """A suggestion as a sentence, or everything that is known.

    >>> hint("RM2", ("RM1", "RGP")), hint("zzz", ("RM1", "RGP"))
    ("Did you mean 'RM1'?", 'Known: RM1, RGP.')
    """
    names = list(known)
    found = near(text, names)
    return f"D{found[3:]}" if found else f"Known: {', '.join(names)}."
