"""Reads of offers, always for somebody: a trust sees those it sends and those it is to receive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet

from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.offers import rules
from wherry.web.offers.models import Method, Offer, State

PAGE = 25


def scoped(access: Access) -> QuerySet[Offer]:
    """Every offer that a person may see."""
    if not access.can(Permission.SEE_OFFERS):
        raise PermissionDenied(Permission.SEE_OFFERS.value)
    where = access.where(Permission.SEE_OFFERS)
    return Offer.objects.filter(Q(from_organisation__in=where) | Q(to_organisation__in=where))


def standing(offers: QuerySet[Offer], state: str, today: date) -> QuerySet[Offer]:
    """Those that stand in a state today."""
    if state == State.OFFERED:
        return offers.filter(state=State.OFFERED, answer_by__gte=today)
    if state == State.NO_ANSWER:
        return offers.filter(state=State.OFFERED, answer_by__lt=today)
    return offers.filter(state=state)


def find(access: Access, offer_id: int) -> Offer | None:
    """One offer, or None outside the person's scope."""
    return scoped(access).filter(pk=offer_id).first()


def to_agree(access: Access) -> QuerySet[Offer]:
    """What waits for a clinician of the person's own trusts: soonest week first."""
    offers = Offer.objects.filter(state=State.PROPOSED, from_organisation__in=access.where(Permission.AGREE_MOVES))
    return offers.order_by("week_start", "pk")


def to_call(access: Access, today: date) -> QuerySet[Offer]:
    """Patients to telephone, the oldest offer first: not online, asked for a call, or have not answered in time."""
    offers = Offer.objects.filter(state=State.OFFERED, from_organisation__in=access.where(Permission.TAKE_CALLS))
    waiting = ~Q(method=Method.ONLINE) | Q(call_wanted=True) | Q(answer_by__lt=today)
    return offers.filter(waiting).order_by("offered_on", "pk")


@dataclass(frozen=True)
class Asked:
    """The filter of the worklist, as its address has it."""

    state: str = ""
    sent_by: str = ""
    sent_to: str = ""
    function: str = ""
    origin: str = ""
    page: int = 1

    def query(self, **changed: object) -> str:
        """The address with some of it changed; blanks are left out."""
        values = {**self.__dict__, **changed}
        if "page" not in changed:
            values["page"] = 1
        kept = {("from" if k == "sent_by" else "to" if k == "sent_to" else k): v for k, v in values.items() if v}
        if kept.get("page") == 1:
            del kept["page"]
        return urlencode(kept)


def read(query: Mapping[str, str]) -> Asked:
    """The filter of an address; what is not understood is left out."""
    state = query.get("state", "")
    page = query.get("page", "1")
    return Asked(
        state=state if state in State.values else "",
        sent_by=query.get("from", "")[:10],
        sent_to=query.get("to", "")[:10],
        function=query.get("function", "")[:10],
        origin=query.get("origin", "")[:10],
        page=max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 7 else 1,
    )


@dataclass(frozen=True)
class Worklist:
    """One page of offers, and how many stand in each state under the rest of the filter."""

    offers: list[Offer]
    counts: Mapping[str, int]
    total: int
    page: int
    pages: int


def worklist(access: Access, asked: Asked, today: date) -> Worklist:
    """The worklist of a filter."""
    offers = scoped(access)
    wanted = {
        "from_organisation": asked.sent_by,
        "to_organisation": asked.sent_to,
        "treatment_function": asked.function,
        "origin": asked.origin,
    }
    offers = offers.filter(**{name: value for name, value in wanted.items() if value})
    counts = count_states(offers.values_list("state", "answer_by"), today)
    chosen = standing(offers, asked.state, today) if asked.state else offers
    chosen = chosen.order_by("answer_by", "week_start", "pk") if asked.state else chosen.order_by("-live", "pk")
    total = counts.get(asked.state, 0) if asked.state else sum(counts.values())
    pages = max(1, -(-total // PAGE))
    page = min(asked.page, pages)
    return Worklist(list(chosen[(page - 1) * PAGE : page * PAGE]), counts, total, page, pages)


def count_states(rows: Iterable[tuple[str, date | None]], today: date) -> dict[str, int]:
    """How many stand in each state today, of rows of (state, answer-by date)."""
    found: Counter[str] = Counter()
    for state, answer_by in rows:
        lapsed = state == State.OFFERED and answer_by is not None and answer_by < today
        found[State.NO_ANSWER if lapsed else state] += 1
    return {state: found.get(state, 0) for state in State.values}


def others_of(offer: Offer, access: Access) -> list[Offer]:
    """Earlier offers of the same clock that the person may see."""
    others = scoped(access).filter(pathway_key=offer.pathway_key, period=offer.period).exclude(pk=offer.pk)
    return [other for other in others.order_by("-pk")[:20] if rules.may_see(access, other)]
