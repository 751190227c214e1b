"""The filter of the list as its address says it: read, checked, written back, and said in words.

An address may be mistyped, old or hostile. Whatever is not understood is left out and said so; it is never an error
page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from django.http import QueryDict

#: Choices of the wait filter, in days: more than N weeks is more than 7N days (RTT guidance 10.1.7).
WAITS = {
    "over_18": (18, "Over 18 weeks"),
    "over_26": (26, "Over 26 weeks"),
    "over_52": (52, "Over 52 weeks"),
    "over_65": (65, "Over 65 weeks"),
    "over_78": (78, "Over 78 weeks"),
    "over_104": (104, "Over 104 weeks"),
}
UNKNOWN = "unknown"
WAIT_WORDS = {"within_18": "18 weeks or less", **{k: w for k, (_, w) in WAITS.items()}, UNKNOWN: "Unknown start"}
ORDERS = {
    "list": "list order: clinical priority, then place held since, unknown starts first",
    "longest": "longest wait first, unknown starts before all",
    "next": "next event first, people with nothing booked last",
}
VALIDATIONS = {
    "never": "Never validated",
    "older": "Validated more than 12 weeks ago",
    "recent": "Validated within 12 weeks",
    "asked": "With a clinician",
    "news": "New evidence since a decision",
}
SHOWS = {
    "open": "On the list",
    "off": "Taken off by decision",
    "all": "On the list or taken off",
}
SIZES = (50, 100, 200)
SEARCH_AT_MOST = 100

#: Query parameter of each many-valued facet, the frame's column and what it is called.
FACETS: Mapping[str, tuple[str, str]] = {
    "trust": ("organisation", "Trust"),
    "group": ("reporting_group", "Reporting group"),
    "function": ("treatment_function", "Treatment function"),
    "priority": ("clinical_priority", "Priority"),
    "commissioner": ("commissioner", "Commissioner"),
    "stage": ("stage", "Stage"),
    "severity": ("worst_severity", "Severity"),
    "quintile": ("imd_quintile", "Deprivation"),
}
#: What the blank value of a facet is called in an address.
NONE = "none"


@dataclass(frozen=True)
class Filters:
    """One filter, order and page. Facets keep the frame's own values; blank means "none recorded"."""

    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    findings: tuple[str, ...] = ()
    wait: str = ""
    validation: str = ""
    no_next: bool = False
    no_tci: bool = False
    show: str = "open"
    q: str = ""
    order: str = "list"
    page: int = 1
    size: int = 50

    def pairs(self, *, paging: bool = False, search: bool = True) -> list[tuple[str, str]]:
        """The filter as query parameters, in one order. Without `search`, words searched for are left out."""
        out = [(p, value or NONE) for p in FACETS for value in self.facets.get(p, ())]
        out += [("finding", rule) for rule in self.findings]
        out += [(k, v) for k, v in (("wait", self.wait), ("validation", self.validation)) if v]
        out += [(k, "1") for k, on in (("no_next", self.no_next), ("no_tci", self.no_tci)) if on]
        out += [("show", self.show)] if self.show != "open" else []
        out += [("q", self.q)] if self.q and search else []
        out += [("order", self.order)] if self.order != "list" else []
        if paging:
            out += [("size", str(self.size))] if self.size != SIZES[0] else []
            out += [("page", str(self.page))] if self.page > 1 else []
        return out

    def query(self, *, paging: bool = False, search: bool = True) -> str:
        """The filter as the part of an address after the question mark."""
        return urlencode(self.pairs(paging=paging, search=search))

    @property
    def is_active(self) -> bool:
        """Whether anything but order and page is chosen."""
        return bool(replace(self, order="list").pairs())

    def without(self, parameter: str, value: str = "") -> Filters:
        """The same filter with one choice taken off, from its first page."""
        if parameter in FACETS:
            left = tuple(v for v in self.facets.get(parameter, ()) if v != value)
            return replace(self, facets={**self.facets, parameter: left}, page=1)
        if parameter == "finding":
            return replace(self, findings=tuple(v for v in self.findings if v != value), page=1)
        blank = {"wait": "", "validation": "", "no_next": False, "no_tci": False, "show": "open", "q": ""}
        return replace(self, page=1, **{parameter: blank[parameter]})  # type: ignore[arg-type]

    def having(self, **changes: object) -> Filters:
        """The same filter with other choices, from its first page unless `page` is given."""
        return replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]


def read(query: QueryDict, known: Mapping[str, Sequence[str]], rules: Sequence[str]) -> tuple[Filters, tuple[str, ...]]:
    """Read an address. `known` has the values of each facet (frame column), `rules` the data-quality rules.

    Returns the filter and what was left out, in words.
    """
    ignored: list[str] = []

    def one(name: str, allowed: Mapping[str, object] | Sequence[str], default: str) -> str:
        value = query.get(name, "").strip()
        if value and value not in allowed:
            ignored.append(f"{name} “{value[:40]}”")
            return default
        return value or default

    facets = {}
    for parameter, (column, _) in FACETS.items():
        wanted = ["" if v == NONE else v for v in dict.fromkeys(query.getlist(parameter)) if v]
        good = tuple(sorted(v for v in wanted if v in known.get(column, ())))
        ignored += [f"{parameter} “{(v or NONE)[:40]}”" for v in wanted if v not in good]
        if good:
            facets[parameter] = good
    wanted_rules = [v for v in dict.fromkeys(query.getlist("finding")) if v]
    ignored += [f"finding “{v[:40]}”" for v in wanted_rules if v not in rules]
    q = " ".join(query.get("q", "").replace("\x00", "").split())[:SEARCH_AT_MOST]
    filters = Filters(
        facets=facets,
        findings=tuple(sorted(v for v in wanted_rules if v in rules)),
        wait=one("wait", WAIT_WORDS, ""),
        validation=one("validation", VALIDATIONS, ""),
        no_next=one("no_next", ("1",), "") == "1",
        no_tci=one("no_tci", ("1",), "") == "1",
        show=one("show", SHOWS, "open"),
        q=q,
        order=one("order", ORDERS, "list"),
        page=_number(query.get("page", ""), 1, ignored, "page"),
        size=int(one("size", tuple(map(str, SIZES)), str(SIZES[0]))),
    )
    return filters, tuple(ignored)


def _number(text: str, default: int, ignored: list[str], name: str) -> int:
    text = text.strip()
    if not text:
        return default
    if text.isascii() and text.isdigit() and 1 <= len(text) <= 6 and int(text) >= 1:
        return int(text)
    ignored.append(f"{name} “{text[:40]}”")
    return default
