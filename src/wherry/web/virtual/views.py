"""The board of virtual wards: whose readings are wrong, who has not sent, whose review is due; then everybody."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from wherry.flow.virtual.rules import rules
from wherry.web.access import Permission, requires
from wherry.web.access.http import Request
from wherry.web.components import live
from wherry.web.feed import clock
from wherry.web.virtual import presenters, selectors, watch
from wherry.web.waiting.forms import whole

#: So many patients are in the list of everybody at once; those that ask for something are always all there.
ROWS = 50
#: So many of the reviews that are due, those longest due first.
REVIEWS = 25


@requires(Permission.SEE_VIRTUAL)
@require_GET
def board(request: Request) -> HttpResponse:
    """The page; its part refreshes itself."""
    access = request.access
    mine = selectors.providers(access)
    provider = request.GET.get("provider", "")
    pathway = request.GET.get("pathway", "")
    provider = provider if provider in mine else ""
    pathway = pathway if pathway in rules().pathways else ""
    page = max(1, whole(request.GET.get("page", "")) or 1)

    def part() -> dict[str, Any]:
        watch.sweep(mine)
        lines = selectors.board(access, provider, pathway)
        rooms = selectors.rooms([provider] if provider else mine)
        rooms = [room for room in rooms if pathway in ("", room.pathway)]
        waiting = selectors.waiting(access)
        return {
            "now": clock.now(),
            "lists": presenters.lists(lines),
            "lines": [presenters.row(each) for each in lines[(page - 1) * ROWS : page * ROWS]],
            "everybody": len(lines),
            "first_row": (page - 1) * ROWS + 1,
            "pages": presenters.pages(len(lines), ROWS, page, provider, pathway),
            "total": presenters.total(rooms),
            "waiting": waiting.count(),
            "oldest": waiting.first(),
            "requests": list(selectors.bed_requests(access)),
            "unmatched": selectors.unmatched(access).count() if access.can(Permission.WORK_VIRTUAL) else 0,
            "names": presenters.names(),
            "pathways": rules().pathways,
            "levels": rules().levels,
            "reviews_shown": REVIEWS,
            "shown": [f"stay {each.stay.pk}" for each in lines],
        }

    def around() -> dict[str, Any]:
        return {
            "here": "board",
            "mine": [(code, presenters.names().get(code, code)) for code in mine],
            "provider": provider,
            "pathway": pathway,
            "pathways": rules().pathways,
        }

    beds = tuple(sorted(access.where(Permission.PLACE_PATIENTS)))
    works = tuple(sorted(access.where(Permission.WORK_VIRTUAL)))
    return live.show(
        request,
        page="virtual/board.jinja",
        part="virtual/board_part.jinja",
        scope=(tuple(mine), works, beds, provider, pathway, page),
        context=part,
        organisations=[*mine, *beds],
        around=around,
        audited=("virtual.listed", "list", "virtual wards", mine[0]) if mine else None,
    )
