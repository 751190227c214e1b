"""The bed state and the page of a ward: live now, or as they were at any past moment."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET

from wherry.flow.beds import Picture
from wherry.flow.beds.model import CORE
from wherry.reference.wards import Ward
from wherry.web.access import Permission, requires
from wherry.web.access.access import Access
from wherry.web.access.http import Request
from wherry.web.beds import places, placings, selectors, state_page, ward_page
from wherry.web.components import live
from wherry.web.feed import clock


@requires(Permission.SEE_FLOW)
@require_GET
def state(request: Request) -> HttpResponse:
    """Every hospital's beds, or one's (`?site=`), now or at a past moment (`?at=2026-07-14T08:00`)."""
    asked = request.GET.get("site", "")
    everywhere = places.bed_map().sites
    sites = (asked,) if asked in everywhere else everywhere
    at = asked_moment(request)
    named = request.access.where(Permission.SEE_BED_PATIENTS)
    placing = request.access.where(Permission.PLACE_PATIENTS)

    def part() -> dict[str, Any]:
        picture, told = _live(request, at, None)
        return (
            told
            | state_page.context(picture, sites, named, past=at is not None)
            | {"placing": placing, "next_days": next_days()}
        )

    def around() -> dict[str, Any]:
        return tabs(request.access) | {
            "tab": "state",
            "site": sites[0] if len(sites) == 1 else "",
            "sites": [(site, places.site_words(site)) for site in everywhere],
            "at": at,
            "at_text": local_text(at),
        }

    return live.show(
        request,
        page="beds/state.jinja",
        part="beds/_state.jinja",
        scope=(sites, named, placing, at),
        context=part,
        around=around,
        audited=("beds.waiting_seen", "bed_state", "+".join(sites), ""),
    )


@requires(Permission.SEE_FLOW)
@require_GET
def ward(request: Request, site: str, ward: str) -> HttpResponse:
    """One ward: who lies where with their names for its own people, what each bed is for everybody else."""
    found = ward_or_404(site, ward)
    organisation = places.organisation_of(site)
    at = asked_moment(request)
    named = request.access.where(Permission.SEE_BED_PATIENTS) & {organisation}
    manages = request.access.can_at(Permission.MANAGE_BEDS, organisation) and at is None
    placing = request.access.where(Permission.PLACE_PATIENTS) if at is None else frozenset()

    @cache
    def read() -> tuple[Picture, dict[str, Any], tuple[Any, ...]]:
        picture, told = _live(request, at, [organisation])
        return picture, told, ward_page.look(picture, found, named, past=at is not None)

    def look() -> tuple[Any, float]:
        _, told, seen = read()
        return seen, told["made"]

    def part() -> dict[str, Any]:
        picture, told, seen = read()
        return (
            told
            | ward_page.context(picture, found, named, past=at is not None, holding=seen[-1])
            | {"manages": manages, "places_here": organisation in placing}
        )

    def around() -> dict[str, Any]:
        wards = [(one.site, one.code, one.words) for one in places.bed_map().bed_wards if one.site == site]
        return tabs(request.access) | {
            "tab": "",
            "ward": found,
            "site": places.site_words(site),
            "wards": wards,
            "extra": _extra(found) if manages else [],
            "at": at,
            "at_text": local_text(at),
        }

    return live.show(
        request,
        page="beds/ward.jinja",
        part="beds/_ward.jinja",
        scope=(found.key, named, manages, organisation in placing, at),
        context=part,
        look=look if at is None else None,
        organisations=[organisation],
        around=around,
        audited=("beds.ward_seen", "ward", found.key, organisation),
    )


def _extra(ward: Ward) -> list[tuple[str, str, list[str]]]:
    """What may be done to all beds of an escalation ward at once: act, words and beds."""
    if ward.kind in CORE:
        return []
    picture = seen(None)
    states = [picture.beds[bed.key] for bed in ward.beds]
    shut = [state.bed.key for state in states if not state.opened_extra]
    empty = [state.bed.key for state in states if state.opened_extra and not state.lying and state.hold is None]
    return [("escalate", "Open them all", shut), ("stand_down", "Stand down those that are empty", empty)]


def next_days() -> str:
    """The address of the forecast; empty where there is none."""
    try:
        return reverse("outlook:next_days")
    except NoReverseMatch:
        return ""


def seen(at: datetime | None) -> Picture:
    """The picture of now (holds that have ended by themselves are ended first), or of a past moment."""
    return selectors.at(at) if at is not None else _settled(young=False).picture


def _live(request: Request, at: datetime | None, organisations: list[str] | None) -> tuple[Picture, dict[str, Any]]:
    """The same for the changing part of a page, with what tells how new it is."""
    if at is not None:
        return selectors.at(at), {}
    now = _settled(young="version" in request.GET)
    return now.picture, {"changes": now.version(organisations), "made": now.made}


def _settled(*, young: bool) -> selectors.Now:
    now = selectors.kept(young=young)
    if placings.unsettled(now.picture):
        placings.settle(clock.now(), now.picture)
        now = selectors.kept()
    return now


def asked_moment(request: Request) -> datetime | None:
    """The past moment in `?at=` (London, to the minute); None for now. A moment to come is now."""
    text = request.GET.get("at", "").strip()
    if not text:
        return None
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None or not 2000 <= found.year <= 2100:
        raise Http404("that is no moment: write it as 2026-07-14T08:00")
    moment = found if found.tzinfo else found.replace(tzinfo=selectors.LONDON)
    return moment if moment < clock.now() else None


def local_text(at: datetime | None) -> str:
    """A moment as a form writes it, in London; empty for none."""
    return at.astimezone(selectors.LONDON).strftime("%Y-%m-%dT%H:%M") if at else ""


def ward_or_404(site: str, code: str) -> Ward:
    """A ward with beds; 404 for any other."""
    found = places.bed_map().ward.get(f"{site}|{code}")
    if found is None or found not in places.bed_map().bed_wards:
        raise Http404(f"{site} {code}")
    return found


def tabs(access: Access) -> dict[str, Any]:
    """The pages beside each other, for who may open them."""
    pages = [
        ("state", "Beds now", "beds:state", Permission.SEE_FLOW),
        ("place", "Place a patient", "beds:place", Permission.PLACE_PATIENTS),
        ("history", "How full", "beds:history", Permission.SEE_FLOW),
        ("next", "Next days", "outlook:next_days", Permission.SEE_FLOW),
        ("feed", "Live feed", "feed:status", Permission.SEE_FLOW),
    ]
    found = []
    for key, words, name, permission in pages:
        try:
            if access.can(permission):
                found.append((key, words, reverse(name)))
        except NoReverseMatch:
            continue
    return {"tabs": found}
