"""The escalation level: what it is made of, what is declared and owed, its history, and the versions of its table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from wherry.errors import UserError
from wherry.flow.emergency.windows import day_of
from wherry.flow.escalation.differences import differences
from wherry.flow.escalation.table import LEVELS, builtin_text, in_force
from wherry.web.access import Permission, requires
from wherry.web.access.http import Request
from wherry.web.emergency import acting, actions, charts, current, kept, levels, services
from wherry.web.emergency.levels import Levels
from wherry.web.emergency.models import ActionState, Declaration, LevelReading, OwedAction, PillarEntry
from wherry.web.emergency.places import departments, trusts
from wherry.web.feed import clock, lateness

_READINGS = 72


def read_levels() -> Levels:
    """The levels now, read anew."""
    return current.fresh().levels


@requires(Permission.SEE_FLOW)
@require_GET
def escalation(request: Request) -> HttpResponse:
    """The page."""
    return render(request, "emergency/escalation.jinja", _context(request, request.GET.get("site", "")))


def _context(request: Request, wanted: str) -> dict[str, Any]:
    known = [place.site for place in departments()]
    if wanted and wanted not in known:
        raise Http404(wanted)
    found = read_levels()
    kept.keep_quietly(found)
    may = request.access.where(Permission.DECLARE_ESCALATION)
    mine = [place.site for place in departments() if place.organisation in request.access.organisations]
    site = wanted or (mine or known or [""])[0]
    chosen = found.site(site) if site else None
    readings = list(LevelReading.objects.filter(site=site, at__lte=found.now).order_by("-at", "-pk")[:_READINGS])
    declarations = list(Declaration.objects.filter(site=site).order_by("-sequence")[:20])
    owed = OwedAction.objects.filter(site=site)
    return {
        "levels": found,
        "chosen": chosen,
        "may_declare": chosen is not None and chosen.place.organisation in may,
        "may_enter": bool(may),
        "seen": declarations[0].sequence if declarations else 0,
        "declarations": declarations,
        "open_actions": list(owed.filter(state=ActionState.OPEN)),
        "answered": list(owed.exclude(state=ActionState.OPEN).order_by("-answered_at", "-pk")[:20]),
        "people": acting.people(chosen.place.organisation) if chosen is not None else [],
        "readings": readings,
        "picture": _picture(readings),
        "entries": list(PillarEntry.objects.order_by("-entered_at", "-pk")[:10]),
        "all_levels": LEVELS,
        "acts": actions.ACTS,
        "late": lateness.sentences(trusts()),
        "now": found.now,
        "problem": "",
        "form": {},
    }


def _picture(readings: list[LevelReading]) -> charts.Series | None:
    """The least level of each reading kept, oldest first."""
    if len(readings) < 2:
        return None
    ordered = list(reversed(readings))
    labels = [f"{reading.at.astimezone(clock.LONDON):%-d %b %H:%M}" for reading in ordered]
    return charts.series([float(reading.level_low) for reading in ordered], labels, highest=4, high_is_bad=True)


@requires(Permission.SEE_FLOW)
@require_GET
def versions(request: Request) -> HttpResponse:
    """Every version of the table, what differs between them, and the form to load another."""
    return render(request, "emergency/versions.jinja", _versions_context(request))


def _versions_context(request: Request) -> dict[str, Any]:
    found, now = levels.versions(), clock.now()
    counts = in_force([version.table for version in found], day_of(now))
    rows = []
    for place, version in enumerate(found):
        before = found[place - 1] if place else None
        rows.append(
            {
                "version": version,
                "in_force": version.table is counts,
                "text": version.row.text if version.row is not None else builtin_text(),
                "before": before,
                "differences": differences(before.table, version.table) if before else [],
            }
        )
    return {
        "rows": list(reversed(rows)),
        "now": now,
        "may_load": request.access.can(Permission.DECLARE_ESCALATION),
        "start_text": (rows[-1]["text"] if rows else builtin_text()),
        "problem": "",
        "form": {},
    }


@requires(Permission.DECLARE_ESCALATION)
@require_POST
def act(request: Request) -> HttpResponse:
    """Declare, take back, answer an action, enter a pillar, or load a version: `act` says which."""
    post = request.POST
    doing: dict[str, Callable[[], str]] = {
        "declare": lambda: _declare(request),
        "take_back": lambda: _take_back(request),
        "pillar": lambda: _pillar(request),
        "version": lambda: _version(request),
        **{name: (lambda name=name: _answer(request, name)) for name in actions.ACTS},  # type: ignore[misc]
    }
    wanted = post.get("act", "")
    try:
        if wanted not in doing:
            raise acting.Refused("Choose what to do. Nothing was recorded.")
        said = doing[wanted]()
    except UserError as refused:
        if wanted == "version":
            context = _versions_context(request) | {"problem": str(refused), "form": post}
            return render(request, "emergency/versions.jinja", context, status=400)
        site = post.get("site", "")
        known = site if site in [place.site for place in departments()] else ""
        context = _context(request, known) | {"problem": str(refused), "form": post}
        return render(request, "emergency/escalation.jinja", context, status=400)
    messages.success(request, said)
    if wanted == "version":
        return redirect("emergency:versions")
    site = post.get("site", "")
    return redirect(
        reverse("emergency:escalation") + (f"?site={site}" if site in [p.site for p in departments()] else "")
    )


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 12 else None


def _declare(request: Request) -> str:
    post = request.POST
    made = services.declare(
        access=request.access,
        levels=read_levels(),
        site=post.get("site", ""),
        level=_whole(post.get("level")),
        reason=post.get("reason", ""),
        seen=_whole(post.get("seen")),
    )
    owed = made.actions.count()
    return f"Level {made.level} is declared. {f'{owed} actions are owed: give each an owner.' if owed else ''}".strip()


def _take_back(request: Request) -> str:
    post = request.POST
    made = services.take_back(
        access=request.access,
        declaration_id=_whole(post.get("declaration")),
        why=post.get("why", ""),
        now=clock.now(),
    )
    return f"The declaration of level {made.level} is taken back."


def _answer(request: Request, name: str) -> str:
    post = request.POST
    actions.answer(
        access=request.access,
        action_id=_whole(post.get("action")),
        act=name,
        note=post.get("note", ""),
        seen=_whole(post.get("seen")),
        now=clock.now(),
        person_id=_whole(post.get("person")),
    )
    return f"{actions.ACTS[name]}: recorded."


def _pillar(request: Request) -> str:
    post = request.POST
    made = services.enter_pillar(
        access=request.access,
        levels=read_levels(),
        pillar=post.get("pillar", ""),
        level=_whole(post.get("level")),
        note=post.get("note", ""),
    )
    return f"Level {made.level} is entered."


def _version(request: Request) -> str:
    post = request.POST
    made = services.load_version(
        access=request.access, text=post.get("text", ""), where="the text below", why=post.get("why", "")
    )
    return f"Version {made.number} ({made.key}) is kept. It counts from {made.from_date:%-d %B %Y}."
