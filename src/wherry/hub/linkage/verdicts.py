"""Says what to do with a scored pair: join it, ask a human, or leave it. A weight alone never joins two people.

The rules above the weight keep apart what a weight cannot tell: members of one household share a surname, an address
and, if they are twins, a date of birth. `docs/linkage.md` gives the rules in prose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wherry.hub.linkage.model import Model, nhs_model

JOIN, REVIEW, LEAVE = "join", "review", "leave"

#: Levels of the address that count as a further agreeing identifier.
CLOSE_ADDRESS = frozenset({"same", "near", "address", "postcode"})
#: Levels of the number that count as one.
CLOSE_NUMBER = frozenset({"same", "one_slip"})


@dataclass(frozen=True)
class LinkSettings:
    """The model and the two weights (log base 2 of the odds) between which a human decides.

    `households` keeps members of one household apart; only a list that has no households may turn it off.
    """

    model: Model
    join_weight: float = 12.0
    review_weight: float = 0.0
    households: bool = True


@dataclass(frozen=True)
class Verdict:
    """What to do with a pair, why (a code of `words.WHY`), and whether no other link may bring the two together."""

    act: str
    why: str = ""
    apart: bool = False


def nhs_settings() -> LinkSettings:
    """The settings of hospitals' identities."""
    return LinkSettings(nhs_model())


def verdict(levels: Mapping[str, str | None], weight: float, settings: LinkSettings) -> Verdict:
    """What to do with a pair, from the level of each comparison and the weight.

    Twins: all agrees but the forename, so a human is asked, however high the weight.

    >>> twins = {"surname": "same", "forename": "other", "birth_date": "same", "address": "same", "sex": "same"}
    >>> verdict(twins, 30.0, nhs_settings())
    Verdict(act='review', why='household', apart=True)

    Name and date of birth alone: a human is asked.

    >>> verdict({"surname": "same", "forename": "same", "birth_date": "same"}, 30.0, nhs_settings())
    Verdict(act='review', why='no_further', apart=False)
    """
    ask = REVIEW if weight >= settings.review_weight else LEAVE
    number, names_agree = levels.get("number"), _names_agree(levels)
    close = levels.get("address") in CLOSE_ADDRESS
    if settings.households:
        if levels.get("forename") == "other" and (close or levels.get("surname") != "other"):
            return Verdict(ask, "household", apart=True)
        if levels.get("birth_date") == "other" and names_agree and number != "same":
            return Verdict(ask, "namesake", apart=True)
        if levels.get("birth_date") is None and close and number not in CLOSE_NUMBER:
            return Verdict(ask, "no_date")
    if not close and number not in CLOSE_NUMBER and not _practice_settles(levels):
        return Verdict(ask, "no_further" if names_agree and levels.get("birth_date") == "same" else "band")
    return Verdict(JOIN) if weight >= settings.join_weight else Verdict(ask, "band")


def _practice_settles(levels: Mapping[str, str | None]) -> bool:
    """A GP practice is a further identifier only where both names, the date of birth and the sex are the very same."""
    return all(levels.get(name) == "same" for name in ("surname", "forename", "birth_date", "sex", "practice"))


def _names_agree(levels: Mapping[str, str | None]) -> bool:
    return levels.get("surname") != "other" and levels.get("forename") != "other"
