"""Says in words what agrees and what differs between two identities, for the person who must decide."""

from __future__ import annotations

from collections.abc import Mapping

_NAMES = {
    "number": "NHS number",
    "surname": "surname",
    "forename": "forename",
    "dob": "date of birth",
    "sex": "sex",
    "postcode": "postcode",
    "address": "address",
    "practice": "GP practice",
}

#: Why a pair is put before a human, by code.
WHY = {
    "unlike": "One verified NHS number but a wholly different person.",
    "crowded": "One NHS number held by very many identities: it may be a number used to fill a box.",
    "verified": "Joining them would give one person two different verified NHS numbers.",
    "declared": "A link would bring together two identities that were declared different.",
    "apart": "Other links would bring these two together, and they contradict each other.",
    "two_numbers": "The same person by every detail, but two different verified NHS numbers.",
    "band": "Likely, but not sure enough to join without a human.",
    "household": "The forenames differ: they may be two members of one household, such as twins.",
    "namesake": "One name but two dates of birth: they may be a parent and a child.",
    "no_date": "A date of birth is missing, so two members of one household cannot be told apart.",
    "no_further": "Name and date of birth agree, but nothing further does.",
    "contradiction": "The decisions contradict each other: same along one path, different along another.",
    "decided": "Decided by a human.",
}


def reason(why: str, left: Mapping[str, object], right: Mapping[str, object]) -> str:
    """The reason code in words, then what agrees, what differs and what is missing between two standardised identities.

    >>> reason("band", {"surname": "SMITH", "sex": "1"}, {"surname": "SMYTH", "sex": "1"}).split(". ")[1:]
    ['Agree: sex', 'Differ: surname', 'Missing: NHS number, forename, date of birth, postcode, address, GP practice.']
    """
    agree: list[str] = []
    differ: list[str] = []
    missing: list[str] = []
    for column, name in _NAMES.items():
        one, two = left.get(column), right.get(column)
        (missing if one is None or two is None else agree if one == two else differ).append(name)
    parts = [WHY[why]]
    for label, names in (("Agree", agree), ("Differ", differ), ("Missing", missing)):
        if names:
            parts.append(f"{label}: {', '.join(names)}.")
    return " ".join(parts)
