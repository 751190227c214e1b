"""Reads of mutual aid: runs, and one page of the moves of a run that a person may see.

Totals of a run are the whole group's, for everybody who may see aid. Rows are for those who plan, at their own trusts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import Http404

from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.elective.models import AidMove, AidRun

PAGE = 50
SHOWS = {"open": "Not sent yet", "sent": "Sent", "all": "All"}


def runs(access: Access) -> QuerySet[AidRun]:
    """Every run, newest first, without what it found."""
    _may_see(access)
    return AidRun.objects.defer("result").select_related("again_of")


def run_of(access: Access, run_id: int) -> AidRun:
    """One run. Raises `Http404`."""
    _may_see(access)
    run = AidRun.objects.filter(pk=run_id).first()
    if run is None:
        raise Http404
    return run


def _may_see(access: Access) -> None:
    if not access.can(Permission.SEE_AID):
        raise PermissionDenied(Permission.SEE_AID.value)


def moves(access: Access, run: AidRun) -> QuerySet[AidMove]:
    """The moves of patients of the trusts for which a person plans."""
    where = access.where(Permission.PLAN_AID)
    if not where:
        raise PermissionDenied(Permission.PLAN_AID.value)
    return AidMove.objects.filter(run=run, from_organisation__in=where)


@dataclass(frozen=True)
class Filters:
    """What part of the moves is asked for; kept in the address."""

    show: str = "open"
    left: str = ""
    to: str = ""
    function: str = ""
    page: int = 1

    def query(self, **changes: Any) -> str:
        """As an address, defaults left out."""
        values = {**vars(self), "page": 1, **changes}
        return urlencode({name: value for name, value in values.items() if value and value != getattr(Filters, name)})


@dataclass(frozen=True)
class Page:
    """One page of moves, with what the filter can choose: value, and how many of the person's own moves have it."""

    rows: list[AidMove]
    filters: Filters
    total: int
    pages: int
    counts: dict[str, int]
    options: dict[str, list[tuple[str, int]]]


def read(query: Mapping[str, str]) -> Filters:
    """The filter of an address; what is not understood counts as not said."""
    show = query.get("show", "open")
    page = query.get("page", "1")
    return Filters(
        show=show if show in SHOWS else "open",
        left=query.get("left", "")[:10],
        to=query.get("to", "")[:10],
        function=query.get("function", "")[:10],
        page=int(page) if page.isascii() and page.isdigit() and 0 < len(page) < 6 else 1,
    )


def page_of(access: Access, run: AidRun, filters: Filters) -> Page:
    """One page of what a person may see of a run's moves."""
    mine = moves(access, run)
    counts = {
        "all": mine.count(),
        "sent": mine.filter(sent_at__isnull=False).count(),
    }
    counts["open"] = counts["all"] - counts["sent"]
    chosen = select(mine, filters)
    total = chosen.count()
    pages = max(1, -(-total // PAGE))
    at = min(max(1, filters.page), pages)
    names = {"left": "from_site", "to": "to_site", "function": "treatment_function"}
    options = {
        name: [
            (row[column], row["n"]) for row in mine.order_by().values(column).annotate(n=Count("pk")).order_by(column)
        ]
        for name, column in names.items()
    }
    rows = list(chosen[(at - 1) * PAGE : at * PAGE])
    return Page(rows, Filters(**{**vars(filters), "page": at}), total, pages, counts, options)


def select(mine: QuerySet[AidMove], filters: Filters) -> QuerySet[AidMove]:
    """The moves that fit a filter."""
    if filters.show != "all":
        mine = mine.filter(sent_at__isnull=filters.show == "open")
    if filters.left:
        mine = mine.filter(from_site=filters.left)
    if filters.to:
        mine = mine.filter(to_site=filters.to)
    if filters.function:
        mine = mine.filter(treatment_function=filters.function)
    return mine
