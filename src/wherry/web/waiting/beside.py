"""What else is being done for the person of a pathway: offers elsewhere, cancer tracking, looking after the wait.

Whoever books somebody must know of an offer that stands, so its state is told to everybody who may open the pathway;
the page behind it only to those who may see it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from wherry.hub.snapshot import Snapshot
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.components.formats import day
from wherry.web.offers.models import Offer, State
from wherry.web.offers.patients import rows_where
from wherry.web.offers.selectors import scoped
from wherry.web.waiting.naming import names_of


@dataclass(frozen=True)
class Beside:
    """One line, with the page behind it; blank where the reader may not see that page."""

    words: str
    href: str = ""
    open: bool = False


def beside(access: Access, snapshot: Snapshot, pathway_key: str, today: date) -> list[Beside]:
    """Offers of the pathway, newest first, then its cancer, then looking after the wait."""
    return [
        *_offers(access, snapshot, pathway_key, today),
        *_cancers(access, snapshot, pathway_key),
        *_waiting_well(access, snapshot, pathway_key),
    ]


def _offers(access: Access, snapshot: Snapshot, pathway_key: str, today: date) -> list[Beside]:
    names = names_of(snapshot)
    seen = set(scoped(access).values_list("pk", flat=True)) if access.can(Permission.SEE_OFFERS) else set()
    found = []
    for offer in Offer.objects.filter(pathway_key=pathway_key).order_by("-pk"):
        late = offer.state == State.OFFERED and offer.answer_by is not None and offer.answer_by < today
        state = State(State.NO_ANSWER if late else offer.state).label
        words = f"Treatment at {names.trust(offer.to_organisation)}, week of {day(offer.week_start)}: {state.lower()}"
        href = reverse("offers:offer", args=[offer.pk]) if offer.pk in seen else ""
        found.append(Beside(words, href, offer.live))
    return found


def _cancers(access: Access, snapshot: Snapshot, pathway_key: str) -> list[Beside]:
    found = []
    for row in rows_where(snapshot, "cancer_wait", "pathway_key", [pathway_key]):
        may = access.can_at(Permission.SEE_CANCER, row["organisation"])
        words = "On the cancer list" if row["tracked"] else "Was on the cancer list"
        href = reverse("cancer:patient", args=[row["cancer_key"]]) if may else ""
        found.append(Beside(f"{words}: {row['why']}" if row["tracked"] and row["why"] else words, href, row["tracked"]))
    return found


def _waiting_well(access: Access, snapshot: Snapshot, pathway_key: str) -> list[Beside]:
    rows = rows_where(snapshot, "waiting_risk", "pathway_key", [pathway_key])
    if not rows or not access.can(Permission.SEE_WELL):
        return []
    told = "; ".join(row["evidence"].rstrip(".") for row in rows)
    return [Beside(f"At risk while waiting: {told}", reverse("well:person", args=[pathway_key]), True)]
