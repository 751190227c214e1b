"""People's own choices of peers and kept gaps: what there is, and the one address to which every act is sent."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from wherry.errors import UserError
from wherry.performance.peers.show import opportunity_json
from wherry.web.access import Permission
from wherry.web.access.http import Request
from wherry.web.access.requires import requires
from wherry.web.components.performance import tabs
from wherry.web.peers import selectors, services
from wherry.web.peers.models import KeptGap

KEPT_SHOWN = 50


def _page(request: Request, asked: dict[str, Any] | None = None, problem: str = "") -> HttpResponse:
    room = selectors.room()
    slug = selectors.plain(request.GET.get("slug", "")) if asked is None else asked["slug"]
    versions = selectors.versions(slug) if slug else []
    newest = versions[0] if versions else None
    form = asked or {
        "slug": slug if newest else "",
        "name": newest.name if newest else "",
        "trusts": newest.trusts if newest else [],
        "reason": "",
        "seen": newest.number if newest else 0,
    }
    context = tabs(request, "peers:choose") | {
        "picks": selectors.picks(),
        "withdrawn": selectors.picks(withdrawn=True),
        "versions": versions,
        "form": form,
        "problem": problem,
        "trusts": room.trusts() if room else (),
        "kept": KeptGap.objects.all()[:KEPT_SHOWN],
        "may_keep": request.access.can(Permission.KEEP_MEASURES),
    }
    return render(request, "peers/choices.jinja", context, status=400 if problem else 200)


@requires(Permission.SEE_MEASURES)
@require_GET
def choices(request: Request) -> HttpResponse:
    """Choices of peers with their versions and reasons, and the gaps that people kept."""
    return _page(request)


@requires(Permission.KEEP_MEASURES)
@require_POST
def act(request: Request) -> HttpResponse:
    """Save, withdraw or bring back a choice; keep, withdraw or bring back a gap."""
    sent = request.POST
    what, slug, seen = sent.get("act", ""), selectors.plain(sent.get("slug", "")), _whole(sent.get("seen", ""))
    try:
        if what == "save":
            return _save(request, slug, seen)
        if what in ("withdraw", "restore"):
            pick = services.withdraw_pick(access=request.access, slug=slug, seen=seen, back=what == "restore")
            messages.success(request, f"{pick.name} is {'withdrawn' if pick.withdrawn else 'offered again'}.")
        elif what == "keep":
            return _keep(request)
        elif what in ("withdraw_gap", "restore_gap"):
            gap = services.withdraw_gap(
                access=request.access, pk=_whole(sent.get("gap", "")), back=what == "restore_gap"
            )
            messages.success(
                request, "The kept gap is withdrawn." if gap.withdrawn_at else "The kept gap stands again."
            )
        else:
            return _page(request, problem="Nothing was asked for. Nothing was changed.")
    except UserError as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(reverse("peers:choices") + (f"?slug={slug}" if slug else ""))


def _save(request: Request, slug: str, seen: int) -> HttpResponse:
    room, sent = selectors.room(), request.POST
    form: dict[str, Any] = {
        "slug": slug,
        "name": sent.get("name", "")[:200],
        "trusts": [code[:20] for code in sent.getlist("trusts")][:200],
        "reason": sent.get("reason", "")[:4000],
        "seen": seen,
    }
    known = tuple(room.population.place) if room else ()
    try:
        made = services.save_pick(access=request.access, known=known, **form)
    except UserError as error:
        return _page(request, form, str(error))
    messages.success(request, f"{made.name} is saved as version {made.number}.")
    return HttpResponseRedirect(reverse("peers:choose") + f"?group=pick:{made.slug}")


def _keep(request: Request) -> HttpResponse:
    room, sent = selectors.room(), request.POST
    if room is None or sent.get("measure", "") not in room.measures:
        raise UserError("There is no such measure. Nothing was kept.")
    chosen, code = selectors.choice(room, {k: sent.get(k, "") for k in ("trust", "group", "count")}), sent["measure"]
    row = room.compare(chosen.group, code)
    gaps = [opportunity_json(one) for one in row.opportunities]
    if not gaps:
        raise UserError("There is no benchmark, so there is no gap to keep. Nothing was kept.")
    figures = {
        "gaps": gaps,
        "group": chosen.group.name,
        "method": chosen.group.settings_version,
        "own": row.own.value if row.own else None,
        "values": room.values.id if room.values else "",
    }
    trust = chosen.group.trust.code
    services.keep_gap(access=request.access, trust=trust, measure=code, figures=figures, note=sent.get("note", ""))
    messages.success(request, "The gap is kept with its period, source, peers and formula.")
    return HttpResponseRedirect(reverse("peers:choices"))


def _whole(words: str) -> int:
    return int(words) if words.isascii() and words.isdigit() and len(words) < 10 else 0
