"""A filter of the cancer list as its address has it: every choice is a parameter, so an address can be sent on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from django.http import QueryDict

from wherry.waiting.cancer.rules import concerns
from wherry.web.cancer.frame import BANDS

_MONTH = re.compile(r"20[0-9]{2}-(?:0[1-9]|1[0-2])")
SIZES = (50, 100, 200)
SEARCH_AT_MOST = 100
#: Stands in an address for a value that is not recorded.
NONE = "none"
#: Parameter, column of the frame, what it is called.
FACETS = {
    "trust": ("organisation", "Trust that tracks"),
    "tumour": ("tumour_group", "Tumour group"),
    "clock": ("breach_clock", "Next limit"),
    "owner": ("owner", "Team that owns"),
}
BAND_WORDS = {str(number): f"Day {words}" for number, (_, words) in enumerate(BANDS)}
WORKS = {
    "mine": "My actions",
    "overdue": "Action past its day",
    "no_action": "No next action",
    "escalated": "Escalated",
    "not_chased": "Not chased yet",
}
#: How a clock ended: what the performance page counts.
OUTCOMES = {
    f"{clock}_{end}": f"{words}: {end}"
    for clock, words in (("fds", "28 days"), ("d31", "31 days"), ("d62", "62 days"))
    for end in ("met", "breached", "ended")
}
SHOWS = {"tracked": "Tracked now", "ended": "Treated or closed", "all": "Everybody"}
ORDERS = {
    "next": "Who breaches next",
    "longest": "Longest first",
    "late": "Latest step first",
    "worst": "Worst concern first",
}
CLOCKS = {"fds": "28 days", "d31": "31 days", "d62": "62 days", "": "No clock open"}


@dataclass(frozen=True)
class Filters:
    """What was chosen."""

    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    concern: tuple[str, ...] = ()
    band: tuple[str, ...] = ()
    outcome: str = ""
    month: str = ""
    work: str = ""
    show: str = "tracked"
    q: str = ""
    order: str = "next"
    page: int = 1
    size: int = SIZES[0]

    def pairs(self, *, paging: bool = False) -> list[tuple[str, str]]:
        """The parameters that differ from the plain list."""
        out = [(name, value or NONE) for name in FACETS for value in self.facets.get(name, ())]
        out += [("concern", code) for code in self.concern]
        out += [("band", band) for band in self.band]
        single = {
            "outcome": (self.outcome, ""),
            "month": (self.month, ""),
            "work": (self.work, ""),
            "show": (self.show, "tracked"),
            "q": (self.q, ""),
            "order": (self.order, "next"),
        }
        out += [(name, value) for name, (value, plain) in single.items() if value != plain]
        if paging:
            out += [("size", str(self.size))] if self.size != SIZES[0] else []
            out += [("page", str(self.page))] if self.page > 1 else []
        return out

    def query(self, *, paging: bool = False) -> str:
        """The filter as the part of an address after the question mark."""
        return urlencode(self.pairs(paging=paging))

    def having(self, **changes: object) -> Filters:
        """The same with other choices, from its first page unless `page` is given."""
        return replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]

    def without(self, name: str, value: str = "") -> Filters:
        """The same with one choice taken off."""
        if name in FACETS:
            left = tuple(v for v in self.facets.get(name, ()) if v != value)
            return self.having(facets={**self.facets, name: left})
        if name in ("concern", "band"):
            return self.having(**{name: tuple(v for v in getattr(self, name) if v != value)})
        return self.having(**{name: {"show": "tracked"}.get(name, "")})


def read(query: QueryDict, known: Mapping[str, Sequence[str]]) -> tuple[Filters, tuple[str, ...]]:
    """Read an address; `known` has the values of each facet. Returns the filter, and what was not understood."""
    ignored: list[str] = []

    def one(name: str, allowed: Mapping[str, object] | Sequence[str], default: str) -> str:
        value = query.get(name, "").strip()
        if value and value not in allowed:
            ignored.append(f"{name} “{value[:40]}”")
            return default
        return value or default

    def many(name: str, allowed: Sequence[str]) -> tuple[str, ...]:
        wanted = [v for v in dict.fromkeys(query.getlist(name)) if v]
        ignored.extend(f"{name} “{v[:40]}”" for v in wanted if v not in allowed)
        return tuple(sorted(v for v in wanted if v in allowed))

    facets = {}
    for name, (column, _) in FACETS.items():
        values = [value or NONE for value in known.get(column, ())]
        chosen = many(name, values)
        if chosen:
            facets[name] = tuple("" if value == NONE else value for value in chosen)
    page = one("page", [str(n) for n in range(1, 1000)], "1")
    filters = Filters(
        facets=facets,
        concern=many("concern", list(concerns())),
        band=many("band", list(BAND_WORDS)),
        outcome=one("outcome", OUTCOMES, ""),
        month=query.get("month", "") if _MONTH.fullmatch(query.get("month", "")) else "",
        work=one("work", WORKS, ""),
        show=one("show", SHOWS, "tracked"),
        q=" ".join(query.get("q", "").replace("\x00", "").split())[:SEARCH_AT_MOST],
        order=one("order", ORDERS, "next"),
        page=int(page),
        size=int(one("size", [str(size) for size in SIZES], str(SIZES[0]))),
    )
    return filters, tuple(ignored)
