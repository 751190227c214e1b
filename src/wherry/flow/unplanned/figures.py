"""How the hub goes: answers, the two-hour standard, what was not conveyed, and who called again.

Every share is a sum over a sum, and what is not known yet stands beside it: it is in no denominator and is never zero.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from wherry.flow.unplanned.settings import Settings
from wherry.flow.unplanned.standing import Done, Standing, standing

TWO_HOURS = timedelta(hours=2)
SEVEN_DAYS = timedelta(days=7)
_80_PER_CENT = 1.2815515655446004  # of a Normal, both sides


@dataclass(frozen=True)
class Call:
    """One call as the figures need it. `acts` in the order in which they were done; `person` is empty if not known."""

    key: str
    condition: str
    acts: Sequence[Done]
    person: str = ""
    within_hours: bool = True


@dataclass(frozen=True)
class Share:
    """A sum over a sum, with what could not be counted yet (`pending`) and what cannot be known (`unknown`)."""

    count: int
    of: int
    pending: int = 0
    unknown: int = 0

    @property
    def share(self) -> float | None:
        """0 to 1, or None of nothing."""
        return self.count / self.of if self.of else None


@dataclass(frozen=True)
class Conveyance:
    """What was and what would have been taken to hospital. `avoided` is the difference, with chance's 80% interval."""

    closed: int
    conveyed: int
    expected: float
    low: float
    high: float

    @property
    def avoided(self) -> float:
        """Expected less conveyed: below zero if more went than such calls usually do."""
        return self.expected - self.conveyed


@dataclass(frozen=True)
class Figures:
    """The whole. Counts of offers: one call may be offered twice."""

    calls: int
    offered: int
    accepted: int
    refused: int
    returned: int
    waiting: int
    withdrawn: int
    refusals: dict[str, int]
    median_answer_minutes: float | None
    answered_in_time: Share
    two_hours: Share
    two_hours_out_of_hours: Share
    conveyance: Conveyance
    recontact: Share
    services: dict[str, int] = field(default_factory=dict)


def figures(
    calls: Iterable[Call], settings: Settings, now: datetime, contacts: Iterable[tuple[str, datetime]] = ()
) -> Figures:
    """Figures of some calls at a moment. `contacts` are (person, moment) of any 999, 111 or department contact."""
    all_calls = list(calls)
    ends = {call.key: standing(call.acts, now) for call in all_calls}
    offers = [offer for call in all_calls for offer in _offers(call.acts, now)]
    kinds = Counter(kind for kind, _, _ in offers)
    minutes = sorted(taken for kind, taken, _ in offers if taken is not None and kind in ("accepted", "refused"))
    answered = len(minutes)
    return Figures(
        calls=len(all_calls),
        offered=len(offers),
        accepted=kinds["accepted"],
        refused=kinds["refused"],
        returned=kinds["returned"],
        waiting=kinds["waiting"],
        withdrawn=kinds["withdrawn"],
        refusals=dict(Counter(code for kind, _, code in offers if kind == "refused").most_common()),
        median_answer_minutes=_median(minutes),
        answered_in_time=Share(answered, answered + kinds["returned"], kinds["waiting"], 0),
        two_hours=two_hours([call for call in all_calls if call.within_hours], settings, now),
        two_hours_out_of_hours=two_hours([call for call in all_calls if not call.within_hours], settings, now),
        conveyance=conveyance(all_calls, ends, settings),
        recontact=recontact(all_calls, ends, contacts, now),
        services=dict(Counter(end.service for end in ends.values() if end.service).most_common()),
    )


def two_hours(calls: Sequence[Call], settings: Settings, now: datetime) -> Share:
    """Seen face to face within two hours of the referral, of accepted referrals to a service with that standard.

    The clock starts when the referral that was accepted came (the offer), not when it was accepted. Exactly two hours
    is within. The first visit counts, whoever is sent later. A call is in scope once somebody with that standard was
    sent, or when nobody at all was sent for two hours. A patient not yet seen counts against as soon as two hours have
    passed, and is pending until then. What went back within the two hours is out of scope: nobody was to go any more.
    """
    seen = late = pending = 0
    for call in calls:
        match _two_hours_of(call.acts, settings, now):
            case "seen":
                seen += 1
            case "late":
                late += 1
            case "pending":
                pending += 1
    return Share(seen, seen + late, pending)


def _two_hours_of(acts: Sequence[Done], settings: Settings, now: datetime) -> str:
    """What one call counts as: `seen`, `late`, `pending`, or empty where it is out of scope."""
    done = _not_undone(acts)
    accepted = max((place for place, act in enumerate(done) if act.act == "accept"), default=None)
    if accepted is None:
        return ""
    offered_at = next(act.at for act in reversed(done[:accepted]) if act.act == "offer")
    after = done[accepted + 1 :]
    sent = [service for act in after if act.act == "dispatch" and (service := settings.services.get(act.code))]
    visit = next((act.happened_at or act.at for act in after if act.act == "attend"), None)
    end = next((act for act in after if act.act in ("close", "take_back")), None)
    over_at = visit or (end and (end.happened_at or end.at)) or now
    in_time = over_at - offered_at <= TWO_HOURS
    if not any(service.two_hours for service in sent):
        return "late" if not sent and end is None and not in_time else ""
    if visit is not None:
        return "seen" if in_time else "late"
    if not in_time:
        return "late"
    if end is None:
        return "pending"
    return "" if end.act == "take_back" else "late"


def _not_undone(acts: Sequence[Done]) -> list[Done]:
    left: list[Done] = []
    for act in acts:
        if act.act == "undo":
            left.pop()
        else:
            left.append(act)
    return left


def conveyance(calls: Sequence[Call], ends: dict[str, Standing], settings: Settings) -> Conveyance:
    """Of closed calls: how many went by ambulance after all, and how many of such calls would have.

    Expected is the sum of each condition's share; its interval is chance alone (a sum of unequal Bernoullis, Normal):
    it does not hold what is not known about the shares themselves.
    """
    shares, conveyed = [], 0
    for call in calls:
        end = ends[call.key]
        outcome = settings.outcomes.get(end.outcome)
        condition = settings.conditions.get(call.condition)
        if end.state != "closed" or outcome is None or condition is None:
            continue
        conveyed += outcome.conveyed
        shares.append(condition.would_convey)
    expected = math.fsum(shares)
    half = _80_PER_CENT * math.sqrt(math.fsum(share * (1 - share) for share in shares))
    return Conveyance(len(shares), conveyed, expected, expected - half - conveyed, expected + half - conveyed)


def recontact(
    calls: Sequence[Call], ends: dict[str, Standing], contacts: Iterable[tuple[str, datetime]], now: datetime
) -> Share:
    """Closed calls whose patient made contact again within seven days after the end.

    Seven days that have not passed are pending, unless the patient has called already. A patient without an NHS number
    cannot be told apart from others: unknown.
    """
    by_person: dict[str, list[datetime]] = {}
    for person, at in contacts:
        by_person.setdefault(person, []).append(at)
    again = of = pending = unknown = 0
    for call in calls:
        end = ends[call.key]
        if end.state != "closed" or end.closed_at is None:
            continue
        if not call.person:
            unknown += 1
        elif any(end.closed_at < at <= end.closed_at + SEVEN_DAYS for at in by_person.get(call.person, [])):
            again, of = again + 1, of + 1
        elif now - end.closed_at < SEVEN_DAYS:
            pending += 1
        else:
            of += 1
    return Share(again, of, pending, unknown)


def _offers(acts: Sequence[Done], now: datetime) -> list[tuple[str, float | None, str]]:
    """Each offer of a call: what became of it, after how many minutes, and the reason of a refusal."""
    found: list[tuple[str, float | None, str]] = []
    for place, act in enumerate(acts):
        if act.act != "offer":
            continue
        answer = next(
            (later for later in acts[place + 1 :] if later.act in ("accept", "refuse", "withdraw", "offer")), None
        )
        taken = (answer.at - act.at).total_seconds() / 60 if answer else None
        match answer.act if answer else "":
            case "accept":
                found.append(("accepted", taken, ""))
            case "refuse":
                found.append(("refused", taken, answer.code if answer else ""))
            case "withdraw":
                found.append(("withdrawn", taken, ""))
            case "offer":
                found.append(("returned", None, ""))
            case _:
                gone = act.deadline is not None and now >= act.deadline
                found.append(("returned" if gone else "waiting", None, ""))
    return found


def _median(values: Sequence[float]) -> float | None:
    if not values:
        return None
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2
