"""One page of a longer list, with the addresses of the pages around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict

from wherry.web.waiting.forms import whole


@dataclass(frozen=True)
class Page:
    """Rows `first` to `last` (not included) of `count`; addresses of the pages beside it, None at an end."""

    number: int
    pages: int
    first: int
    last: int
    count: int
    previous: str | None
    following: str | None


def of(query: QueryDict, count: int, size: int, chosen: Mapping[str, str]) -> Page:
    """The page that an address asks for, the nearest there is.

    >>> of(QueryDict("page=9"), 120, 50, {"trust": "RM1"})
    Page(number=3, pages=3, first=100, last=120, count=120, previous='trust=RM1&page=2', following=None)
    """
    pages = max(1, -(-count // size))
    number = min(max(1, whole(query.get("page", "")) or 1), pages)

    def address(page: int) -> str | None:
        return urlencode({**chosen, "page": page}) if 1 <= page <= pages else None

    last = min(number * size, count)
    return Page(number, pages, (number - 1) * size, last, count, address(number - 1), address(number + 1))
