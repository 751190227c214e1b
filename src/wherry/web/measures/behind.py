"""The list of people or things behind a measure, where there is one and the reader may open it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from wherry.performance.measures.model import Kind, Measure
from wherry.performance.measures.values import Scope
from wherry.web.access import Permission
from wherry.web.access.access import Access

#: Fact tables with a list: its address, the permission that opens it, its name, its parameter for one trust.
_LISTS = {
    "rtt_waiting": ("waiting:list", Permission.SEE_LIST, "The waiting list", "trust"),
    "diagnostic_waiting": ("elective:diagnostics", Permission.SEE_DIAGNOSTICS, "Waiting for diagnostics", ""),
    "cancer_wait": ("cancer:list", Permission.SEE_CANCER, "The cancer list", "trust"),
    "emergency_visit": ("emergency:now", Permission.SEE_FLOW, "Emergency departments now", ""),
    "bed_morning": ("beds:state", Permission.SEE_FLOW, "The state of beds", ""),
    "patient_in_bed": ("discharge:list", Permission.SEE_DISCHARGE, "Who could go home", ""),
    "offer": ("offers:worklist", Permission.SEE_OFFERS, "Offers", ""),
    "virtual_day": ("virtual:board", Permission.SEE_VIRTUAL, "Virtual wards", ""),
    "virtual_stay": ("virtual:board", Permission.SEE_VIRTUAL, "Virtual wards", ""),
    "call": ("unplanned:board", Permission.SEE_CALLS, "Calls", ""),
    "handover": ("emergency:ambulances", Permission.SEE_FLOW, "Ambulances", ""),
}
_WEEKS = re.compile(r"\b(18|26|52|65|78|104)\b")


@dataclass(frozen=True)
class Behind:
    """Where the list is and what it is called."""

    href: str
    text: str


def behind(measure: Measure, scope: Scope, access: Access) -> Behind | None:
    """The list of today that a measure counts, narrowed to the scope and the wait where the list can be."""
    if measure.source.kind is not Kind.TABLE or measure.source.table not in _LISTS:
        return None
    name, permission, text, trust = _LISTS[measure.source.table]
    if not access.can(permission):
        return None
    pairs: list[tuple[str, str]] = []
    if trust and scope.kind == "organisation":
        pairs.append((trust, scope.code))
    weeks = _WEEKS.search(measure.code)
    if name == "waiting:list" and weeks:
        pairs.append(("wait", f"over_{weeks[1]}"))
    return Behind(reverse(name) + (f"?{urlencode(pairs)}" if pairs else ""), text)
