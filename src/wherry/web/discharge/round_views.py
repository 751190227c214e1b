"""The board round: every patient of a ward on one form, worked through by keyboard without opening anybody.

Who is left blank is not changed. A row that somebody else has changed since is not overwritten: it says who was first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from wherry.flow.discharge.due import LONDON, london_day
from wherry.reference.wards import Ward
from wherry.web.access import Permission, requires
from wherry.web.access.access import Access
from wherry.web.access.http import Request
from wherry.web.components import live
from wherry.web.discharge import selectors, services, ward_figures, where
from wherry.web.discharge.forms import day, whole
from wherry.web.discharge.selectors import Row
from wherry.web.discharge.services import Entry, Refused
from wherry.web.feed import clock, lateness


@dataclass(frozen=True)
class Line:
    """One patient on the form: the row, what was typed, and why it was not recorded."""

    row: Row
    number: int
    typed: Mapping[str, str]
    error: str = ""


@requires(Permission.SEE_DISCHARGE)
@require_http_methods(["GET", "POST"])
def board_round(request: Request) -> HttpResponse:
    """The wards (without `site` and `ward`), one ward's form, or what was typed into it."""
    organisations = request.access.where(Permission.SEE_DISCHARGE)
    ward = where.wards().get(f"{request.GET.get('site', '')}|{request.GET.get('ward', '')}")
    if ward is None:
        return _wards(request, organisations)
    rows = _rows(organisations, ward)
    if not rows and not _ours(organisations, ward):
        raise Http404(ward.key)
    live.log_shown(request.access, "discharge.round_seen", "ward", ward.key, "", keys=[row.key for row in rows])
    may = request.access.can(Permission.REVIEW_STAY)
    lines = [Line(row, number, {}) for number, row in enumerate(rows, start=1)]
    if request.method == "POST":
        if not may:
            raise PermissionDenied(Permission.REVIEW_STAY.value)
        lines, recorded = _record(request.access, rows, request.POST)
        refused = [line for line in lines if line.error]
        if not refused:
            messages.success(request, _said(recorded))
            return redirect(f"{reverse('discharge:round')}?site={ward.site}&ward={ward.code}")
        if recorded:
            messages.success(request, _said(recorded))
    now = clock.now()
    context = {
        "tab": "round",
        "now": now,
        "late": lateness.sentences([row.visit.organisation for row in rows[:1]]),
        "ward": ward,
        "lines": lines,
        "refused": [line for line in lines if line.error],
        "may": may,
        "settings": where.settings(),
        "where": where,
        "figures": ward_figures.of(rows, ward, now),
        "today": london_day(now),
        "london": LONDON,
    }
    status = 400 if any(line.error for line in lines) else 200
    return render(request, "discharge/round.jinja", context, status=status)


def _wards(request: Request, organisations: frozenset[str]) -> HttpResponse:
    rows = [row for row in selectors.rows(selectors.here(organisations)) if row.general]
    by_ward: dict[str, list[Row]] = {}
    for row in rows:
        by_ward.setdefault(f"{row.visit.site}|{row.visit.ward}", []).append(row)
    now = clock.now()
    found = [(ward, ward_figures.of(by_ward[key], None, now)) for key, ward in where.wards().items() if key in by_ward]
    context = {
        "tab": "round", "now": now, "late": lateness.sentences(organisations), "wards": found, "where": where,
        "settings": where.settings(), "total": ward_figures.of(rows, None, now) if rows else None,
    }  # fmt: skip
    return render(request, "discharge/wards.jinja", context)


def _rows(organisations: frozenset[str], ward: Ward) -> list[Row]:
    found = selectors.rows(selectors.here(organisations).filter(site=ward.site, ward=ward.code))
    return sorted(found, key=lambda row: (row.visit.bed_key == "", _bed(row), row.key))


def _bed(row: Row) -> tuple[str, int, str]:
    parts = row.visit.bed_key.split("|")
    bed = parts[3] if len(parts) == 4 else ""
    return (parts[2] if len(parts) == 4 else "", int(bed) if bed.isascii() and bed.isdigit() else 0, bed)


def _ours(organisations: frozenset[str], ward: Ward) -> bool:
    site = where.system().site(ward.site)
    return site is not None and site.organisation in organisations


def _record(access: Access, rows: list[Row], post: QueryDict) -> tuple[list[Line], int]:
    """Record each row that was filled in, each in a transaction of its own."""
    lines, recorded = [], 0
    for number, row in enumerate(rows, start=1):
        typed = {name: post.get(f"{name}-{row.key}", "").strip() for name in FIELDS}
        error = ""
        if any(typed.values()):
            try:
                if not access.can_at(Permission.REVIEW_STAY, row.visit.organisation):
                    raise PermissionDenied(f"review at {row.visit.organisation}")
                with transaction.atomic():
                    services.record(
                        access=access, visit=row.visit, entries=_entries(typed),
                        seen=whole(post.get(f"seen-{row.key}", "")),
                    )  # fmt: skip
                recorded += 1
                row = selectors.rows([row.visit])[0]
                typed = {}
            except Refused as refused:
                error = " ".join(refused.errors.values())
        lines.append(Line(row, number, typed, error))
    return lines, recorded


FIELDS = ("codes", "senior", "expected_on", "confidence", "reason")


def _entries(typed: Mapping[str, str]) -> list[Entry]:
    entries = []
    if typed["codes"]:
        words = typed["codes"].lower().replace(",", " ").split()
        none = words in (["0"], ["00"], ["none"], ["n"])
        entries.append(services.review_entry([] if none else words))
    if typed["senior"]:
        entries.append(Entry("senior"))
    if typed["expected_on"]:
        text = typed["expected_on"]
        on = clock.today() if text.lower() == "today" else day(text) or day(f"{text}/{clock.today().year}")
        entries.append(services.expect_entry(on, typed["confidence"] or "medium"))
    elif typed["confidence"]:
        raise Refused({"expected_on": "Give the expected day too"})
    if typed["reason"]:
        known = where.settings().reasons.get(typed["reason"])
        entries.append(services.colour_entry(known.colour if known else "", typed["reason"], clock.today()))
    return entries


def _said(recorded: int) -> str:
    if not recorded:
        return "Nothing was filled in, so nothing was recorded."
    return f"Recorded for {recorded} {'patient' if recorded == 1 else 'patients'}."
