"""What the base page needs to know: who is here, where they may go, and how old the data is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from wherry import __version__
from wherry.errors import UserError
from wherry.web import snapshot as snapshots
from wherry.web.access.access import ANONYMOUS, Access
from wherry.web.access.permissions import Permission


@dataclass(frozen=True)
class Place:
    """One entry of the navigation: its name, and the pages it may lead to, each with the permission it needs.

    It leads to the first page that the reader may see; its other pages are tabs on that page.
    """

    text: str
    pages: tuple[tuple[str, Permission], ...]


def _place(text: str, *pages: tuple[str, Permission]) -> Place:
    return Place(text, pages)


NAVIGATION = (
    _place("Control room", ("home:control_room", Permission.SEE_CONTROL_ROOM)),
    _place("Waiting list", ("waiting:list", Permission.SEE_LIST)),
    _place("Validation", ("waiting:validation", Permission.VALIDATE)),
    _place("For a clinician", ("waiting:clinical", Permission.REVIEW_CLINICALLY)),
    _place(
        "Elective",
        ("elective:aid", Permission.SEE_AID),
        ("elective:capacity", Permission.SEE_CAPACITY),
        ("elective:diagnostics", Permission.SEE_DIAGNOSTICS),
    ),
    _place("Offers", ("offers:worklist", Permission.SEE_OFFERS)),
    _place("Waiting well", ("well:risks", Permission.SEE_WELL), ("well:ask", Permission.ASK_HEALTH)),
    _place("Cancer", ("cancer:list", Permission.SEE_CANCER), ("cancer:performance", Permission.SEE_CAPACITY)),
    _place("Plans", ("planning:scenarios", Permission.SEE_PLANS)),
    _place(
        "Performance",
        ("measures:summary", Permission.SEE_MEASURES),
        ("peers:choose", Permission.SEE_MEASURES),
        ("inequalities:overview", Permission.SEE_MEASURES),
        ("evaluation:list", Permission.SEE_MEASURES),
        ("reports:list", Permission.SEE_MEASURES),
    ),
    _place(
        "Beds",
        ("beds:state", Permission.SEE_FLOW),
        ("outlook:next_days", Permission.SEE_FLOW),
        ("feed:status", Permission.SEE_FLOW),
    ),
    _place("Emergency", ("emergency:now", Permission.SEE_FLOW)),
    _place("Discharge", ("discharge:list", Permission.SEE_DISCHARGE), ("discharge:mine", Permission.DO_OWN_TASKS)),
    _place("Virtual wards", ("virtual:board", Permission.SEE_VIRTUAL)),
    _place("Unplanned care", ("unplanned:board", Permission.SEE_CALLS)),
    _place("Data", ("data:sources", Permission.SEE_QUALITY)),
    _place("Published position", ("data:published", Permission.SEE_PUBLISHED)),
    _place("Audit", ("access:audit", Permission.SEE_AUDIT)),
    _place("People", ("access:people", Permission.MANAGE_ACCESS)),
)


def navigation(access: Access, path: str) -> list[dict[str, Any]]:
    """The places a person may go; the one with the longest address that the path begins with is the current one."""
    items, best, current = [], "", None
    for place in NAVIGATION:
        mine = [reverse(name) for name, permission in place.pages if access.can(permission)]
        if not mine:
            continue
        items.append({"text": place.text, "href": mine[0]})
        for href in mine:
            if (path == href or (href != "/" and path.startswith(href))) and len(href) > len(best):
                best, current = href, mine[0]
    return [item | ({"current": True} if item["href"] == current else {}) for item in items]


def layout(request: HttpRequest) -> dict[str, Any]:
    """Context of every page: `access`, `nav`, `as_at`, `artificial`, `system_title`, `version`."""
    access: Access = getattr(request, "access", ANONYMOUS)
    try:
        snapshot = snapshots.current()
    except UserError:  # the page itself says it; an error page must not fail for the same reason
        snapshot = None
    return {
        "access": access,
        "nav": navigation(access, request.path),
        "snapshot": snapshot,
        "artificial": snapshot is not None and snapshot.artificial,
        "census": snapshot.census if snapshot is not None else None,
        "built_at": snapshot.manifest.get("built_at") if snapshot is not None else None,
        "version": __version__,
        "Permission": Permission,
    }
