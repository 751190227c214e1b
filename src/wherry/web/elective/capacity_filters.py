"""The filter of the capacity pages as their address says it. What is not understood is left out, and said."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from django.http import QueryDict

KINDS = {"theatre": "Theatres", "clinic": "Clinics", "diagnostic": "Tests"}
#: Weeks looked ahead; the first is what a page opens with.
WEEKS = (12, 26, 52)
STATUSES = {"planned": "Planned", "held": "Held", "cancelled": "Cancelled"}


@dataclass(frozen=True)
class Filters:
    """One kind of capacity, narrowed. `sites` empty is every site; `first` and `last` are days of sessions."""

    kind: str = "theatre"
    sites: tuple[str, ...] = ()
    function: str = ""
    group: str = ""
    test: str = ""
    weeks: int = WEEKS[0]
    status: str = ""
    first: date | None = None
    last: date | None = None
    page: int = 1

    def pairs(self) -> list[tuple[str, str]]:
        """The filter as query parameters, in one order."""
        out = [("kind", self.kind)] if self.kind != "theatre" else []
        out += [("site", site) for site in self.sites]
        words = (("function", self.function), ("group", self.group), ("test", self.test), ("status", self.status))
        out += [(name, value) for name, value in words if value]
        out += [("weeks", str(self.weeks))] if self.weeks != WEEKS[0] else []
        out += [("from", self.first.isoformat())] if self.first else []
        out += [("to", self.last.isoformat())] if self.last else []
        return out + ([("page", str(self.page))] if self.page > 1 else [])

    def query(self, **changes: object) -> str:
        """The filter, with some choices changed, as the part of an address after the question mark."""
        return urlencode(replace(self, **{"page": 1, **changes}).pairs())  # type: ignore[arg-type]

    def single(self, site: str) -> tuple[str, ...]:
        """One site as a choice; none is every site."""
        return (site,) if site else self.sites


def read(query: QueryDict, known: Mapping[str, Collection[str]]) -> tuple[Filters, tuple[str, ...]]:
    """Read an address; `known` has the values of site, function, group and test. Also what was left out."""
    ignored: list[str] = []

    def one(name: str, allowed: Collection[str], default: str = "") -> str:
        value = query.get(name, "").strip()
        if value and value not in allowed:
            ignored.append(f"{name} “{value[:40]}”")
        return value if value and value in allowed else default

    def day(name: str) -> date | None:
        value = query.get(name, "").strip()
        try:
            return date.fromisoformat(value) if value else None
        except ValueError:
            ignored.append(f"{name} “{value[:40]}”")
            return None

    sites = [value for value in dict.fromkeys(query.getlist("site")) if value]
    ignored += [f"site “{value[:40]}”" for value in sites if value not in known["site"]]
    filters = Filters(
        kind=one("kind", KINDS, "theatre"),
        sites=tuple(sorted(value for value in sites if value in known["site"])),
        function=one("function", known["function"]),
        group=one("group", known["group"]),
        test=one("test", known["test"]),
        weeks=int(one("weeks", [str(weeks) for weeks in WEEKS], str(WEEKS[0]))),
        status=one("status", STATUSES),
        first=day("from"),
        last=day("to"),
        page=_page(query.get("page", "").strip(), ignored),
    )
    return filters, tuple(ignored)


def _page(text: str, ignored: list[str]) -> int:
    if not text:
        return 1
    if text.isascii() and text.isdigit() and 1 <= len(text) <= 6 and int(text) >= 1:
        return int(text)
    ignored.append(f"page “{text[:40]}”")
    return 1
