"""A what-if question as its address says it: which lists, which line, and up to three things to try beside no change.

An address may be mistyped, old or hostile: what is not understood is left out, and said.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from django.http import QueryDict

from wherry.waiting.forward.scenario import NO_CHANGE, Extra, Referrals, Scenario

#: Lines of the chart: weeks over which people are counted; 0 is the whole list.
LINES = {0: "the whole list", 18: "over 18 weeks", 52: "over 52 weeks", 65: "over 65 weeks"}
STAGE_WORDS = {0: "seen in clinic", 1: "admitted"}
SLOTS = (1, 2, 3)
#: Numbers of a slot: the lowest and highest that make sense, in the unit of the label.
LIMITS = {
    "aid": (0, 100),
    "order": (0, 100),
    "more": (0, 500),
    "referrals": (-100, 300),
    "growth": (-30, 30),
    "from": (1, 104),
    "to": (1, 104),
}


@dataclass(frozen=True)
class Slot:
    """One thing to try. Shares and changes are per cent; `more` people a week at `site`, weeks `first` to `last`."""

    aid: int = 0
    order: int = 0
    more: int = 0
    site: str = ""
    stage: int = 1
    function: str = ""
    first: int = 1
    last: int = 104
    referrals: int = 0
    growth: int = 0

    @property
    def is_blank(self) -> bool:
        """Whether it changes nothing."""
        return not (
            self.aid or self.order or (self.more and self.site and self.function) or self.referrals or self.growth
        )

    def scenario(self, name: str) -> Scenario:
        """What the model is asked to do."""
        extra: tuple[Extra, ...] = ()
        if self.more and self.site and self.function:
            last = self.last if self.last < LIMITS["to"][1] else None
            extra = (Extra(self.function, self.site, self.stage, self.more, self.first, last),)
        return Scenario(
            name=name,
            aid=self.aid > 0,
            willing=self.aid / 100,
            extra=extra,
            referrals=(Referrals(self.referrals),) if self.referrals else (),
            growth=self.growth,
            in_order=self.order / 100,
        )

    def pairs(self, number: int) -> list[tuple[str, str]]:
        """The slot as query parameters."""
        blank = Slot()
        names = {"aid": "aid", "order": "order", "more": "more", "site": "at", "stage": "stage", "function": "of"}
        names |= {"first": "from", "last": "to", "referrals": "referrals", "growth": "growth"}
        if not self.more:
            names = {name: words for name, words in names.items() if name in ("aid", "order", "referrals", "growth")}
        return [
            (f"{word}{number}", str(getattr(self, name)))
            for name, word in names.items()
            if getattr(self, name) != getattr(blank, name)
        ]


#: What a page opens with: aid, beside the same share of places in order without aid.
OPENING = (Slot(aid=50, order=25), Slot(order=25))


@dataclass(frozen=True)
class Question:
    """Which lists (all where blank), which line the chart shows, and the slots in their order."""

    function: str = ""
    trust: str = ""
    site: str = ""
    over: int = 52
    slots: tuple[Slot, ...] = field(default_factory=tuple)

    def pairs(self) -> list[tuple[str, str]]:
        """The question as query parameters, in one order."""
        out = [(n, v) for n, v in (("function", self.function), ("trust", self.trust), ("site", self.site)) if v]
        out += [("over", str(self.over))] if self.over != 52 else []
        for number, slot in zip(SLOTS, self.slots, strict=False):
            out += slot.pairs(number)
        return [*out, ("asked", "1")]

    def query(self, **changes: object) -> str:
        """The question, with some choices changed, as the part of an address after the question mark."""
        return urlencode(replace(self, **changes).pairs())  # type: ignore[arg-type]


def read(query: QueryDict, known: Mapping[str, Collection[str]]) -> tuple[Question, tuple[str, ...]]:
    """Read an address; `known` has the values of function, trust and site. Also what was left out, in words."""
    ignored: list[str] = []

    def one(name: str, allowed: Collection[str]) -> str:
        value = query.get(name, "").strip()
        if value and value not in allowed:
            ignored.append(f"{name} “{value[:40]}”")
            return ""
        return value

    def number(name: str, number_: int, default: int) -> int:
        value = query.get(f"{name}{number_}", "").strip()
        low, high = LIMITS[name]
        try:
            found = int(value) if value else default
        except ValueError:
            found = high + 1
        if not low <= found <= high:
            ignored.append(f"{name} “{value[:40]}” (a whole number from {low} to {high})")
            return default
        return found

    function, trust, site = one("function", known["function"]), one("trust", known["trust"]), one("site", known["site"])
    over = one("over", [str(line) for line in LINES])
    slots = []
    for n in SLOTS:
        slot = Slot(
            aid=number("aid", n, 0),
            order=number("order", n, 0),
            more=number("more", n, 0),
            site=one(f"at{n}", known["site"]) or site,
            stage=0 if query.get(f"stage{n}", "1") == "0" else 1,
            function=one(f"of{n}", known["function"]) or function,
            first=number("from", n, 1),
            last=number("to", n, LIMITS["to"][1]),
            referrals=number("referrals", n, 0),
            growth=number("growth", n, 0),
        )
        if slot.more and not (slot.site and slot.function):
            ignored.append(f"{slot.more} more people a week (say of which treatment function, and at which site)")
            slot = replace(slot, more=0)
        if slot.last < slot.first:
            ignored.append(f"weeks {slot.first} to {slot.last} (the end lies before the beginning)")
            slot = replace(slot, more=0)
        slots.append(slot if slot.more else replace(slot, site="", function="", stage=1, first=1, last=LIMITS["to"][1]))
    while slots and slots[-1].is_blank:
        slots.pop()
    if "asked" not in query and not slots:
        slots = list(OPENING)
    return Question(function, trust, site, int(over or 52), tuple(slots)), tuple(dict.fromkeys(ignored))


def scenarios(question: Question, names: Mapping[str, Mapping[str, str]]) -> list[Scenario]:
    """No change, then each slot that changes something, named by what it changes. `names` has function and site."""
    out = [NO_CHANGE]
    for slot in question.slots:
        if not slot.is_blank:
            out.append(slot.scenario(said(slot, names)))
    return out


def said(slot: Slot, names: Mapping[str, Mapping[str, str]]) -> str:
    """What a slot changes, in words.

    >>> said(Slot(aid=50, order=25), {})
    'Aid: 50% would travel; 25% of the places out of order given in order'
    """
    parts = []
    if slot.aid:
        parts.append(f"Aid: {slot.aid}% would travel")
    if slot.order:
        parts.append(f"{slot.order}% of the places out of order given in order")
    if slot.more:
        at = names.get("site", {}).get(slot.site, slot.site)
        what = names.get("function", {}).get(slot.function, slot.function)
        when = "" if (slot.first, slot.last) == (1, LIMITS["to"][1]) else f", weeks {slot.first} to {slot.last}"
        parts.append(f"{slot.more} more a week {STAGE_WORDS[slot.stage]} at {at} ({what}{when})")
    if slot.referrals:
        parts.append(f"{abs(slot.referrals)}% {'more' if slot.referrals > 0 else 'fewer'} referrals")
    if slot.growth:
        parts.append(f"referrals {'grow' if slot.growth > 0 else 'fall'} {abs(slot.growth)}% a year")
    words = "; ".join(parts)
    return words[:1].upper() + words[1:] or "As it is"
