"""The filter of the six-week list as its address says it. What is not understood is left out, and said."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import QueryDict

WAITS = {"over": "Over six weeks", "within": "Six weeks or less", "unknown": "No start recorded"}
DATES = {"none": "No date", "booked": "Has a date"}
#: Yes-or-no choices: parameter and words.
FLAGS = {
    "room": "Could be seen in the weeks shown",
    "cancer": "On a cancer pathway",
    "planned": "Planned test past its due date",
    "again": "Asked for more than once",
}
NONE = "none"


@dataclass(frozen=True)
class Filters:
    """One part of the list. Empty `tests` or `sites` is every one."""

    tests: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    wait: str = ""
    date: str = ""
    flags: tuple[str, ...] = ()
    page: int = 1

    def pairs(self) -> list[tuple[str, str]]:
        """The filter as query parameters, in one order."""
        out = [("test", test) for test in self.tests]
        out += [("site", site or NONE) for site in self.sites]
        out += [(name, value) for name, value in (("wait", self.wait), ("date", self.date)) if value]
        out += [(flag, "1") for flag in self.flags]
        return out + ([("page", str(self.page))] if self.page > 1 else [])

    def query(self, **changes: object) -> str:
        """The filter, with some choices changed, as the part of an address after the question mark."""
        return urlencode(replace(self, **{"page": 1, **changes}).pairs())  # type: ignore[arg-type]


def read(query: QueryDict, known: Mapping[str, Collection[str]]) -> tuple[Filters, tuple[str, ...]]:
    """Read an address; `known` has the values of test and site. Also what was left out."""
    ignored: list[str] = []

    def many(name: str) -> tuple[str, ...]:
        wanted = ["" if value == NONE else value for value in dict.fromkeys(query.getlist(name)) if value]
        ignored.extend(f"{name} “{(value or NONE)[:40]}”" for value in wanted if value not in known[name])
        return tuple(sorted(value for value in wanted if value in known[name]))

    def one(name: str, allowed: Collection[str]) -> str:
        value = query.get(name, "").strip()
        if value and value not in allowed:
            ignored.append(f"{name} “{value[:40]}”")
        return value if value in allowed else ""

    page = query.get("page", "").strip()
    good = page.isascii() and page.isdigit() and len(page) <= 6 and int(page) >= 1
    if page and not good:
        ignored.append(f"page “{page[:40]}”")
    filters = Filters(
        many("test"),
        many("site"),
        one("wait", WAITS),
        one("date", DATES),
        tuple(flag for flag in FLAGS if one(flag, ("1",))),
        int(page) if good else 1,
    )
    return filters, tuple(ignored)
