"""Reads of the unplanned care hub: which calls a person may see, where each stands, and how it goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Prefetch, Q, QuerySet

from wherry.flow.emergency.clocks import Window
from wherry.flow.emergency.limits import limits
from wherry.flow.emergency.model import Call as IncidentCall
from wherry.flow.emergency.responses import Responses
from wherry.flow.emergency.responses import measured as measured_responses
from wherry.flow.unplanned import screen as screening
from wherry.flow.unplanned import settings as hub_settings
from wherry.flow.unplanned.figures import Call as CallFacts
from wherry.flow.unplanned.figures import Figures, figures
from wherry.flow.unplanned.screen import Screened
from wherry.flow.unplanned.settings import Settings
from wherry.flow.unplanned.standing import Act, Done, Standing, standing
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.components.formats import LONDON
from wherry.web.emergency.models import AmbulanceIncident
from wherry.web.feed.models import Patient, Visit
from wherry.web.unplanned.models import Call, CallAct

#: The system whose settings hold before anything has been built.
DEFAULT_SYSTEM = "norfolk-waveney"


def settings() -> Settings:
    """The settings of the hub of the current system."""
    system = snapshots.system()
    return hub_settings.load(system.name if system is not None else DEFAULT_SYSTEM)


def scoped(access: Access) -> QuerySet[Call]:
    """Calls of one's own ambulance service, and calls that were offered to one's own hub."""
    mine = access.where(Permission.SEE_CALLS)
    acts = Prefetch("acts", CallAct.objects.order_by("sequence"), to_attr="done")
    found = Call.objects.filter(Q(from_organisation__in=mine) | Q(to_organisation__in=mine, ever_offered=True))
    return found.prefetch_related(acts)


def dones(acts: Sequence[CallAct]) -> list[Done]:
    """Acts as the rules read them."""
    return [Done(_act(act.act), act.at, act.happened_at, act.deadline, act.code) for act in acts]


def _act(name: str) -> Act:
    known: dict[str, Act] = {
        "offer": "offer",
        "accept": "accept",
        "refuse": "refuse",
        "withdraw": "withdraw",
        "dispatch": "dispatch",
        "attend": "attend",
        "close": "close",
        "hand_back": "hand_back",
        "take_back": "take_back",
        "keep": "keep",
        "undo": "undo",
    }
    return known[name]


@dataclass(frozen=True)
class Line:
    """One call as a list shows it."""

    call: Call
    at: Standing
    screened: Screened

    @property
    def acts(self) -> list[CallAct]:
        """What was done, in order."""
        found: list[CallAct] = self.call.done  # type: ignore[attr-defined]
        return found


def line(call: Call, now: datetime, known: Settings | None = None) -> Line:
    """One call as it stands."""
    acts: list[CallAct] = getattr(call, "done", None) or list(call.acts.order_by("sequence"))
    call.done = acts  # type: ignore[attr-defined]
    return Line(call, standing(dones(acts), now), screened(call, now.date(), known or settings()))


def screened(call: Call, on: date, known: Settings) -> Screened:
    """What the screen says about a call."""
    signs = {code: call.signs.get(code) for code in known.signs}
    return screening.screen(known, category=call.category, condition=call.condition, age=age(call, on), signs=signs)


def age(call: Call, on: date) -> int | None:
    """Age in whole years: from the birth date, else as the caller said."""
    born = call.birth_date
    return call.age if born is None else on.year - born.year - ((on.month, on.day) < (born.month, born.day))


@dataclass(frozen=True)
class Board:
    """Open calls by what is to be done, each list in the order in which it should be worked."""

    answer: list[Line]
    take_back: list[Line]
    back: list[Line]
    send: list[Line]
    on_way: list[Line]
    finish: list[Line]
    stack: list[Line]
    offered: list[Line]
    ended: list[Line]


def board(access: Access, now: datetime) -> Board:
    """The calls that are open for this person, each in the list where the next step is."""
    known = settings()
    day_ago = now - timedelta(days=1)
    calls = scoped(access).filter(Q(open=True) | Q(acts__at__gte=day_ago)).distinct()
    lines = [line(call, now, known) for call in calls]
    hub, ambulance = access.where(Permission.ANSWER_CALLS), access.where(Permission.OFFER_CALLS)
    ours = [one for one in lines if one.call.to_organisation in hub]
    theirs = [one for one in lines if one.call.from_organisation in ambulance]

    def of(found: list[Line], *states: str) -> list[Line]:
        return [one for one in found if one.at.state in states]

    return Board(
        answer=sorted(of(ours, "offered"), key=_deadline),
        take_back=sorted(of(theirs, "handing_back"), key=_called),
        back=sorted(of(theirs, "refused", "returned"), key=_called),
        send=sorted(of(ours, "accepted"), key=_offered),
        on_way=sorted(of(ours, "dispatched"), key=_offered),
        finish=sorted(of(ours, "attended", "handing_back"), key=_offered),
        stack=sorted(of(theirs, "with_ambulance"), key=lambda one: (not one.screened.suitable, one.call.called_at)),
        offered=sorted(of(theirs, "offered"), key=_deadline),
        ended=sorted(of(lines, "closed", "kept"), key=_called, reverse=True),
    )


def _deadline(one: Line) -> datetime:
    return one.at.deadline or one.call.called_at


def _offered(one: Line) -> datetime:
    return one.at.offered_at or one.call.called_at


def _called(one: Line) -> datetime:
    return one.call.called_at


def measured(since: datetime, until: datetime, now: datetime) -> Figures:
    """Figures of every call taken in a period, of all organisations: totals, without names."""
    known = settings()
    acts = Prefetch("acts", CallAct.objects.order_by("sequence"), to_attr="done")
    calls = Call.objects.filter(called_at__gte=since, called_at__lte=until, ever_offered=True).prefetch_related(acts)
    facts = []
    for call in calls:
        done = dones(call.done)
        at = standing(done, now)
        hub = next((hub for hub in known.hubs.values() if hub.organisation == call.to_organisation), None)
        within = hub is None or at.offered_at is None or screening.is_open(hub, at.offered_at)
        facts.append(CallFacts(str(call.pk), call.condition, done, call.nhs_number, within))
    people = {call.person for call in facts if call.person}
    return figures(facts, known, now, contacts(people, since, now))


def category_2(since: datetime, now: datetime) -> Responses:
    """Response to category 2 calls of the whole system since a moment, from the ambulance service's own incidents."""
    calls = [
        IncidentCall(
            row.number, "2", row.called_at, _past(row.arrived_on_scene_at, now), _past(row.closed_at, now), row.site
        )
        for row in AmbulanceIncident.objects.filter(category="2", called_at__gte=since, called_at__lte=now)
    ]
    return measured_responses(calls, limits(now.astimezone(LONDON).date()), Window(since), now)


def _past(at: datetime | None, now: datetime) -> datetime | None:
    return at if at is not None and at <= now else None


def contacts(people: set[str], since: datetime, until: datetime) -> list[tuple[str, datetime]]:
    """When these people (NHS numbers) called again or came to a department."""
    until = until + timedelta(seconds=1)
    called = Call.objects.filter(nhs_number__in=people, called_at__gte=since, called_at__lt=until)
    found = list(called.values_list("nhs_number", "called_at"))
    keys = dict(Patient.objects.filter(nhs_number__in=people).values_list("key", "nhs_number"))
    visits = Visit.objects.filter(person_key__in=keys, arrived_at__gte=since, arrived_at__lt=until)
    found += [(keys[key], at) for key, at in visits.values_list("person_key", "arrived_at") if at is not None]
    return found
