"""Calls as pages say them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse

from wherry.flow.unplanned.figures import TWO_HOURS
from wherry.flow.unplanned.settings import Settings
from wherry.flow.unplanned.standing import Act
from wherry.web.access.access import Access
from wherry.web.components.formats import LONDON, nhs_number, person_name
from wherry.web.unplanned import rules, selectors
from wherry.web.unplanned.models import CallAct
from wherry.web.unplanned.selectors import Board, Line
from wherry.web.unplanned.services import WORDS


@dataclass(frozen=True)
class Row:
    """One call in a list. `pressing` marks what is past, or nearly past, its time."""

    pk: int
    name: str
    who: str
    number: str
    what: str
    place: str
    clock: str
    pressing: bool
    next: str
    href: str


@dataclass(frozen=True)
class Listed:
    """A list of the board: its title, what it holds, and what would be here if it were empty."""

    key: str
    title: str
    empty: str
    rows: list[Row]

    @property
    def seen(self) -> bool:
        """Whether it stands on the page when it is empty: only what is asked first does."""
        return bool(self.rows) or self.key in ("answer", "stack")


def lists(found: Board, access: Access, now: datetime) -> list[Listed]:
    """The lists that concern this person: those of the hub, of the ambulance service, or both."""
    known = selectors.settings()
    hub = access.can(rules.NEEDS["hub"])
    ambulance = access.can(rules.NEEDS["ambulance"])
    made: list[Listed] = []

    def add(key: str, title: str, empty: str, lines: list[Line], wanted: bool) -> None:
        if wanted:
            made.append(Listed(key, title, empty, [_row(line, known, access, now) for line in lines]))

    add("answer", "Offered to us: answer", "No call waits for our answer.", found.answer, hub)
    add("back", "Back with us: nobody took it", "No offer was refused or came back.", found.back, ambulance)
    add("take_back", "The hub asks us to take back", "The hub asks for nothing.", found.take_back, ambulance)
    add("send", "Accepted: send somebody", "Everybody we accepted has somebody on the way.", found.send, hub)
    add("on_way", "Somebody is on the way", "Nobody is on the way to anybody.", found.on_way, hub)
    add("finish", "Seen: finish", "Nobody who was seen waits for an end.", found.finish, hub)
    add("offered", "Offered: waiting for the hub", "No offer is open.", found.offered, ambulance)
    add("stack", "Our calls: which could the community take?", "No call is in the stack.", found.stack, ambulance)
    add("ended", "Ended in the last day", "Nothing ended in the last day.", found.ended, True)
    return made


def _row(line: Line, known: Settings, access: Access, now: datetime) -> Row:
    call, at = line.call, line.at
    condition = known.conditions.get(call.condition)
    words, pressing = _clock(line, known, now)
    age = selectors.age(call, now.date())
    acts = rules.open_acts(access, call, at)
    return Row(
        pk=call.pk,
        name=person_name(call.surname, call.forename),
        who=", ".join(part for part in (f"{age} years" if age is not None else "age not known", call.sex) if part),
        number=nhs_number(call.nhs_number),
        what=f"{condition.words if condition else 'Condition not said'}, "
        f"{'category ' + call.category if call.category else 'no category'} ({call.source})",
        place=call.postcode or "place not known",
        clock=words,
        pressing=pressing,
        next=_next(acts, line),
        href=reverse("unplanned:call", args=[call.pk]),
    )


_DOING: dict[Act, str] = {
    "accept": "Accept or refuse",
    "take_back": "Take back",
    "attend": "Record the visit",
    "dispatch": "Send somebody",
    "close": "Close",
    "offer": "Offer",
    "withdraw": "Take the offer back",
}


def _next(acts: list[Act], line: Line) -> str:
    if line.at.state == "with_ambulance" and line.screened.against:
        return "Look: it may not be suitable"
    if line.at.state == "with_ambulance" and line.screened.unknown:
        return "Ask what is missing, then offer"
    if line.at.state in ("closed", "kept"):
        return "Look"
    if line.at.state == "attended":
        return "Close"
    return next((words for act, words in _DOING.items() if act in acts), "Open")


def minutes(span: timedelta) -> str:
    """A span in words.

    >>> minutes(timedelta(minutes=7, seconds=50)), minutes(timedelta(hours=2, minutes=5)), minutes(timedelta(seconds=2))
    ('7 min', '2 h 5 min', 'less than a minute')
    """
    whole = int(span.total_seconds() // 60)
    if whole < 1:
        return "less than a minute"
    hours, left = divmod(whole, 60)
    return f"{hours} h {left} min" if hours else f"{left} min"


def _clock(line: Line, known: Settings, now: datetime) -> tuple[str, bool]:
    at = line.at
    if at.state == "offered" and at.deadline:
        left = at.deadline - now
        return f"{minutes(left)} left to answer (by {_time(at.deadline)})", left < timedelta(minutes=3)
    if at.state in ("closed", "kept") and at.closed_at:
        return f"{'closed' if at.state == 'closed' else 'kept'} at {_time(at.closed_at)}", False
    if at.state in ("refused", "returned", "with_ambulance", "handing_back"):
        return (
            f"called {minutes(now - line.call.called_at)} ago ({_time(line.call.called_at)})",
            at.state != "with_ambulance",
        )
    return two_hour_clock(line, known, now)


def two_hour_clock(line: Line, known: Settings, now: datetime) -> tuple[str, bool]:
    """How the two hours stand, in words, and whether they press. They count from the offer that was accepted."""
    at = line.at
    if at.offered_at is None or at.responsible != "hub":
        return "", False
    due = at.offered_at + TWO_HOURS
    if at.attended_at:
        took = at.attended_at - at.offered_at
        return f"seen after {minutes(took)}" + ("" if took <= TWO_HOURS else ", beyond two hours"), False
    service = known.services.get(at.service)
    if service and not service.two_hours:
        return f"referred {minutes(now - at.offered_at)} ago; no two-hour limit for this service", False
    if now > due:
        return f"two hours ended {minutes(now - due)} ago ({_time(due)})", True
    return f"{minutes(due - now)} left of two hours (by {_time(due)})", due - now < timedelta(minutes=30)


def _time(at: datetime) -> str:
    return f"{at.astimezone(LONDON):%H:%M}"


def banner(line: Line, now: datetime) -> tuple[str, str]:
    """Who is responsible, in a sentence, and what that means."""
    at = line.at
    if at.state == "offered" and at.deadline:
        return (
            "The ambulance service is responsible",
            f"It is offered to the hub. If nobody accepts by {_time(at.deadline)} it goes back by itself.",
        )
    if at.state == "handing_back":
        return (
            "The hub is responsible",
            "It has asked the ambulance service to take the patient back, which has not said yes yet.",
        )
    if at.state == "returned" and at.returned_at:
        return ("The ambulance service is responsible", f"Nobody answered by {_time(at.returned_at)}, so it went back.")
    if at.state == "refused":
        return ("The ambulance service is responsible", "The hub refused it.")
    if at.state == "kept":
        return ("The ambulance service is responsible", "It keeps the call.")
    if at.state == "closed":
        return ("Closed", "The hub was responsible until the end.")
    if at.responsible == "hub":
        return ("The hub is responsible", f"Accepted at {_time(at.accepted_at or now)}.")
    return ("The ambulance service is responsible", "It has not been offered to the community.")


@dataclass(frozen=True)
class Past:
    """One act as the history shows it."""

    title: str
    words: str
    foot: str
    undone: bool


def history(line: Line, known: Settings) -> list[Past]:
    """What was done, newest first; offers that nobody answered say so."""
    undone: set[int] = set()
    standing: list[CallAct] = []
    for act in line.acts:
        if act.act == "undo":
            undone.add(standing.pop().pk)
        else:
            standing.append(act)
    names = {**known.refusals, **{c: s.words for c, s in known.services.items()}}
    names |= {code: outcome.words for code, outcome in known.outcomes.items()}
    made = []
    for act in reversed(line.acts):
        title = WORDS[act.act] + (f": {names.get(act.code, act.code)}" if act.code else "")
        if act.act == "offer" and act.deadline:
            title += f", answer by {_time(act.deadline)}"
        if act.happened_at:
            title += f", at {_time(act.happened_at)}"
        made.append(
            Past(title, act.words, f"{act.made_by_name}, {act.organisation}, {_time(act.at)}", act.pk in undone)
        )
    return made
