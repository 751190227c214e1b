"""The published position on screen: three trusts, the group and England, and waits by band."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from wherry.web.access import Permission, requires
from wherry.web.access.access import Access
from wherry.web.access.http import Request
from wherry.web.components import charts
from wherry.web.data import published_selectors
from wherry.web.data.published_selectors import Position
from wherry.web.home import presenters
from wherry.web.home import selectors as home

#: Waits, in weeks, that the band table is grouped by.
_EDGES = (0, 6, 12, 18, 26, 39, 52, 65, 78, 104)


@requires(Permission.SEE_PUBLISHED)
def position(request: Request) -> HttpResponse:
    """The published referral-to-treatment position of a month."""
    asked = {name: request.GET.get(name, "")[:20] for name in ("period", "function", "who")}
    found = published_selectors.position(asked["period"], asked["function"], asked["who"])
    context: dict[str, Any] = {"found": found, "month": found and f"{found.last_day:%B %Y}"}
    if found is not None:
        context |= {"chart": _chart(found), "bands": _bands(found), "weekly": _weekly(found)}
        context["own"] = _own(found, request.access)
    return render(request, "data/published.jinja", context)


def _chart(found: Position) -> charts.Histogram | None:
    position = found.chosen.position
    if position is None or not position.incomplete.counts:
        return None
    bands = position.incomplete.bands
    labels = [f"{band.words} weeks" for band in bands]
    edges = {band.lower: index for index, band in enumerate(bands)}
    limits = [(edges[weeks], f"{weeks} weeks") for weeks in (18, 52, 65) if weeks in edges]
    return charts.histogram(position.bands, labels, limits=limits)


def _bands(found: Position) -> list[tuple[str, list[int | None]]]:
    """Waits grouped into bands people know, a number for each column."""
    rows: list[tuple[str, list[int | None]]] = []
    for low, high in zip(_EDGES, (*_EDGES[1:], None), strict=True):
        words = f"Over {low} weeks" if high is None else f"Over {low} to {high} weeks" if low else f"Up to {high} weeks"
        numbers: list[int | None] = []
        for column in found.columns:
            part = column.position.incomplete if column.position else None
            over_low = (
                None if part is None else (part.beyond(low) if low else sum(part.counts) if part.counts else None)
            )
            over_high = 0 if high is None or part is None else part.beyond(high)
            numbers.append(None if over_low is None or over_high is None else over_low - over_high)
        rows.append((words, numbers))
    return rows


def _own(found: Position, access: Access) -> dict[str, list[tuple[str, list[str]]]] | None:
    """The service's own list beside the published one: all treatment functions, trusts in scope; `None` otherwise."""
    room = home.control_room(access) if found.function == published_selectors.ALL else None
    if room is None:
        return None
    tiles = {tile.measure.code: tile for tile in room.tiles}
    everyone = {column.code for column in found.columns} - {"group", "england"} <= set(tiles["on_list"].by_trust)
    rows = []
    for code, title in (("on_list", "Here: on the list"), ("within_18", "Here: share within 18 weeks")):
        tile = tiles[code]
        numbers = []
        for column in found.columns:
            cell = tile.by_trust.get(column.code) or (tile.total if column.code == "group" and everyone else None)
            numbers.append(presenters.number(tile.measure, cell.count) if cell else "")
        rows.append((title, numbers))
    return {"rows": rows}


def _weekly(found: Position) -> list[tuple[str, int]]:
    """Every week band of the chosen column: the chart's own table."""
    position = found.chosen.position
    if position is None:
        return []
    part = position.incomplete
    return [(band.words, number) for band, number in zip(part.bands, part.counts, strict=True)] if part.counts else []
