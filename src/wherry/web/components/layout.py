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
    """One entry of the navigation."""

    text: str
    name: str
    permission: Permission


NAVIGATION = (
    Place("Control room", "home:control_room", Permission.SEE_CONTROL_ROOM),
    Place("Waiting list", "waiting:list", Permission.SEE_LIST),
    Place("Validation", "waiting:validation", Permission.VALIDATE),
    Place("For a clinician", "waiting:clinical", Permission.REVIEW_CLINICALLY),
    Place("Mutual aid", "elective:aid", Permission.SEE_AID),
    Place("Offers", "offers:worklist", Permission.SEE_OFFERS),
    Place("Waiting well", "well:risks", Permission.SEE_WELL),
    Place("Cancer", "cancer:list", Permission.SEE_CANCER),
    Place("Diagnostics", "elective:diagnostics", Permission.SEE_DIAGNOSTICS),
    Place("Capacity", "elective:capacity", Permission.SEE_CAPACITY),
    Place("Data", "data:sources", Permission.SEE_QUALITY),
    Place("Published position", "data:published", Permission.SEE_PUBLISHED),
    Place("Audit", "access:audit", Permission.SEE_AUDIT),
    Place("People", "access:people", Permission.MANAGE_ACCESS),
)


def navigation(access: Access, path: str) -> list[dict[str, Any]]:
    """The places a person may go; the longest address that the path begins with is the current one."""
    items = []
    for place in NAVIGATION:
        if not access.can(place.permission):
            continue
        items.append({"text": place.text, "href": reverse(place.name)})
    matches = [
        item["href"]
        for item in items
        if path == item["href"] or (item["href"] != "/" and path.startswith(item["href"]))
    ]
    best = max(matches, key=len, default=None)
    return [item | ({"current": True} if item["href"] == best else {}) for item in items]


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
