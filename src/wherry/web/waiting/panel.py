"""The filter panel of the list: what can be chosen with how many rows each, what is chosen, and the page links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from wherry.web.waiting import filters as filtering
from wherry.web.waiting.filters import Filters
from wherry.web.waiting.naming import Names
from wherry.web.waiting.selectors import Selected

_SHORT_LISTS = ("trust", "priority", "stage", "severity", "quintile")
_LONG_LISTS = ("group", "function", "commissioner")


@dataclass(frozen=True)
class Choice:
    """One value that can be chosen, with the rows that it would leave."""

    value: str
    text: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class Group:
    """The choices of one parameter."""

    parameter: str
    legend: str
    choices: tuple[Choice, ...]
    long: bool = False

    @property
    def chosen(self) -> int:
        """How many are chosen."""
        return sum(choice.chosen for choice in self.choices)


@dataclass(frozen=True)
class Chip:
    """One active choice, and the address without it."""

    text: str
    query: str


def groups(filters: Filters, selected: Selected, names: Names) -> list[Group]:
    """Every many-valued filter with its choices; a value that nobody has is left out unless it is chosen."""
    out = []
    for parameter in (*_SHORT_LISTS, *_LONG_LISTS):
        counts = selected.facets[parameter]
        chosen = filters.facets.get(parameter, ())
        values = _ordered(parameter, {*counts, *chosen}, counts)
        choices = [
            Choice(v or filtering.NONE, names.facet(parameter, v), counts.get(v, 0), v in chosen) for v in values
        ]
        legend = filtering.FACETS[parameter][1]
        out.append(Group(parameter, legend, tuple(choices), parameter in _LONG_LISTS))
    rules = [rule for rule, n in selected.findings.items() if n or rule in filters.findings]
    rules.sort(key=lambda rule: (("high", "medium", "low").index(names.rule(rule).severity), names.rule(rule).words))
    found = [Choice(r, names.rule(r).words, selected.findings.get(r, 0), r in filters.findings) for r in rules]
    out.append(Group("finding", "Data-quality rule", tuple(found), True))
    return out


def _ordered(parameter: str, values: set[str], counts: Mapping[str, int]) -> list[str]:
    if parameter in ("trust", "group", "function", "commissioner"):
        return sorted(values, key=lambda v: (-counts.get(v, 0), v))
    if parameter == "severity":
        return [v for v in ("high", "medium", "low", "") if v in values]
    if parameter == "stage":
        return sorted(values, reverse=True)
    return sorted(values, key=lambda v: (not v, v))


def chips(filters: Filters, names: Names) -> list[Chip]:
    """What is chosen, each with the address that takes it off."""
    out = []
    for parameter, (_, legend) in filtering.FACETS.items():
        for value in filters.facets.get(parameter, ()):
            rest = filters.without(parameter, value)
            out.append(Chip(f"{legend}: {names.facet(parameter, value)}", rest.query()))
    out += [Chip(names.rule(rule).words, filters.without("finding", rule).query()) for rule in filters.findings]
    single = {
        "wait": filtering.WAIT_WORDS.get(filters.wait, ""),
        "validation": filtering.VALIDATIONS.get(filters.validation, ""),
        "no_next": "Nothing booked" if filters.no_next else "",
        "no_tci": "No to-come-in date" if filters.no_tci else "",
        "show": filtering.SHOWS[filters.show] if filters.show != "open" else "",
        "q": f"Search: {filters.q}" if filters.q else "",
    }
    return out + [Chip(words, filters.without(name).query()) for name, words in single.items() if words]


def words(filters: Filters, names: Names) -> str:
    """The whole filter in a sentence, for an export and for the audit log."""
    chosen = "; ".join(chip.text for chip in chips(filters, names)) or "no filter"
    return f"{chosen}. Order: {filtering.ORDERS[filters.order]}."


@dataclass(frozen=True)
class PageLink:
    """A page of the list; a gap has no number."""

    number: int | None
    query: str
    current: bool = False


def page_links(filters: Filters, page: int, pages: int) -> list[PageLink]:
    """First, last and the pages around this one, with gaps said."""
    near = {1, pages, *range(max(1, page - 2), min(pages, page + 2) + 1)}
    out: list[PageLink] = []
    before = 0
    for number in sorted(near):
        if number - before > 1:
            out.append(PageLink(None, ""))
        out.append(PageLink(number, page_query(filters, number), number == page))
        before = number
    return out


def page_query(filters: Filters, page: int) -> str:
    """The address of one page of the same filter."""
    return urlencode(filters.having(page=page).pairs(paging=True))
