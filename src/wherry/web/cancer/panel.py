"""The filter panel of the cancer list: what can be chosen with how many rows each, and what is chosen."""

from __future__ import annotations

from collections.abc import Callable

from wherry.waiting.cancer.rules import TimedPathways, concerns
from wherry.web.cancer import filters as filtering
from wherry.web.cancer.filters import NONE, Filters
from wherry.web.cancer.selectors import Selected
from wherry.web.waiting.naming import Names
from wherry.web.waiting.panel import Chip, Choice, Group, PageLink


def words_of(names: Names, timed: TimedPathways) -> Callable[[str, str], str]:
    """What a value of a facet is called."""
    groups = {row.tumour_group: row.words for row in timed.rows}

    def words(name: str, value: str) -> str:
        if name == "trust":
            return names.trust(value)
        if name == "tumour":
            return groups.get(value, value)
        if name == "clock":
            return filtering.CLOCKS.get(value, value)
        return value or "Nobody named"

    return words


def groups(filters: Filters, selected: Selected, words: Callable[[str, str], str]) -> list[Group]:
    """Every many-valued filter with its choices."""
    out = []
    for name, (_, legend) in filtering.FACETS.items():
        counts, chosen = selected.facets[name], filters.facets.get(name, ())
        values = sorted({*counts, *chosen}, key=lambda v: (-counts.get(v, 0), v))
        choices = [Choice(v or NONE, words(name, v), counts.get(v, 0), v in chosen) for v in values]
        out.append(Group(name, legend, tuple(choices), len(choices) > 6))
    known = concerns()
    codes = [code for code in known if selected.concerns[code] or code in filters.concern]
    found = [Choice(code, known[code].words, selected.concerns[code], code in filters.concern) for code in codes]
    out.append(Group("concern", "Concern, worst first", tuple(found), True))
    return out


def chips(filters: Filters, words: Callable[[str, str], str]) -> list[Chip]:
    """What is chosen, each with the address that takes it off."""
    out = []
    for name, (_, legend) in filtering.FACETS.items():
        for value in filters.facets.get(name, ()):
            out.append(Chip(f"{legend}: {words(name, value)}", filters.without(name, value).query()))
    known = concerns()
    out += [Chip(known[code].words, filters.without("concern", code).query()) for code in filters.concern]
    out += [Chip(filtering.BAND_WORDS[band], filters.without("band", band).query()) for band in filters.band]
    single = {
        "outcome": filtering.OUTCOMES.get(filters.outcome, ""),
        "month": f"Ended in {filters.month}" if filters.outcome and filters.month else "",
        "work": filtering.WORKS.get(filters.work, ""),
        "show": filtering.SHOWS[filters.show] if filters.show != "tracked" else "",
        "q": f"Search: {filters.q}" if filters.q else "",
    }
    return out + [Chip(text, filters.without(name).query()) for name, text in single.items() if text]


def sentence(filters: Filters, words: Callable[[str, str], str]) -> str:
    """The whole filter in a sentence."""
    chosen = "; ".join(chip.text for chip in chips(filters, words)) or "no filter"
    return f"{chosen}. Order: {filtering.ORDERS[filters.order]}."


def page_links(filters: Filters, page: int, pages: int) -> list[PageLink]:
    """First, last and the pages around this one, with gaps said."""
    near = {1, pages, *range(max(1, page - 2), min(pages, page + 2) + 1)}
    out: list[PageLink] = []
    before = 0
    for number in sorted(near):
        if number - before > 1:
            out.append(PageLink(None, ""))
        out.append(PageLink(number, filters.having(page=number).query(paging=True), number == page))
        before = number
    return out
