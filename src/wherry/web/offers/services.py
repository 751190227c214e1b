"""What staff do with offers: propose, agree, offer, withdraw. Each is one transaction with its audit line.

Nothing here writes a referral-to-treatment event, and nothing follows from a decline by itself (RTT guidance 8).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from wherry.errors import UserError
from wherry.waiting import offer_rules
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.offers import acts, patients, places, rules
from wherry.web.offers.acts import Actor, Refused
from wherry.web.offers.models import AnswerCode, Kind, Method, Offer, Origin
from wherry.web.offers.moves import ProposedMove
from wherry.web.offers.patients import Facts
from wherry.web.waiting.models import State as CaseState
from wherry.web.waiting.models import ValidationCase


@dataclass(frozen=True)
class Proposed:
    """What became of a proposal: the offers made, and each move that was left out with the reason."""

    made: tuple[Offer, ...]
    left_out: tuple[tuple[ProposedMove, str], ...]


def propose(
    *,
    access: Access,
    run_label: str,
    moves: Sequence[ProposedMove],
    snapshot_id: str,
    origin: str = Origin.AID,
    actor: Actor | None = None,
) -> Proposed:
    """Put moves before the clinicians of the trusts that have the patients. Nothing is offered to anybody by this.

    A move is left out, with the reason, if its clock is no longer open there, was decided off the list, or has an offer
    already. Raises `PermissionDenied` where the person may neither plan nor offer for one of the trusts, and
    `UserError` if the moves were worked out on a snapshot that is no longer the current one. `actor` is given where the
    patient asked, on their page or by telephone, which the caller has checked.
    """
    snapshot = patients.care()
    if snapshot.id != snapshot_id:
        raise UserError(
            "A newer snapshot has been published since these moves were worked out. Nothing was proposed. "
            "Work them out again on the current one."
        )
    mine = access.where(Permission.PLAN_AID) | access.where(Permission.MAKE_OFFERS)
    who = actor or Actor(access)
    if actor is None and not {move.from_organisation for move in moves} <= mine:
        raise PermissionDenied("propose for a trust outside one's own")
    facts = patients.facts_of([move.pathway_key for move in moves], snapshot)
    made: list[Offer] = []
    left_out: list[tuple[ProposedMove, str]] = []
    with transaction.atomic():
        keys: dict[str, int] = {}
        for move in moves:
            keys[move.capacity_key] = min(move.places, keys.get(move.capacity_key, move.places))
        for key in sorted(keys):
            places.set_places(key, keys[key], snapshot.id, snapshot.census)
        asked = [move.pathway_key for move in moves]
        busy = set(Offer.objects.filter(live=True, pathway_key__in=asked).values_list("pathway_key", "period"))
        off = _taken_off(asked)
        for move in moves:
            clock = (move.pathway_key, move.period)
            why_not = _why_left_out(move, facts.get(move.pathway_key), busy=clock in busy, off=clock in off)
            if why_not:
                left_out.append((move, why_not))
                continue
            made.append(_propose_one(who, move, facts[move.pathway_key], run_label, snapshot.id, origin))
            busy.add(clock)
    return Proposed(tuple(made), tuple(left_out))


def _taken_off(keys: Sequence[str]) -> set[tuple[str, int]]:
    cases = ValidationCase.objects.filter(state=CaseState.TAKEN_OFF, pathway_key__in=keys)
    return set(cases.values_list("pathway_key", "period"))


def _why_left_out(move: ProposedMove, facts: Facts | None, *, busy: bool, off: bool) -> str:
    if busy:
        return "There is an offer for this clock already"
    if off:
        return "The clock was taken off the list by decision"
    if move.to_site == move.from_site:
        return "They wait at that hospital already"
    return why_not(facts, move.period, move.from_organisation)


def why_not(facts: Facts | None, period: int, organisation: str) -> str:
    """Why nobody may be offered anything for this clock now; empty if they may."""
    if facts is None or facts.row is None or facts.row["period"] != period:
        return "The clock is no longer open"
    if facts.row["organisation"] != organisation:
        return "Another trust has the patient now"
    return "The record says that this person has died" if facts.died else ""


def _propose_one(who: Actor, move: ProposedMove, facts: Facts, label: str, snapshot_id: str, origin: str) -> Offer:
    row = facts.row or {}
    offer = Offer(
        pathway_key=move.pathway_key,
        period=move.period,
        person_key=move.person_key,
        origin=origin,
        run_label=label[:200],
        snapshot_id=snapshot_id,
        proposed_on=snapshots.today(),
        from_organisation=move.from_organisation,
        from_site=move.from_site or "",
        to_organisation=move.to_organisation,
        to_site=move.to_site,
        week_start=move.week_start,
        home_week=move.home_week,
        weeks_sooner=move.weeks_sooner,
        miles=move.miles,
        complexity=move.complexity,
        treatment_function=move.treatment_function or "",
        procedure_group=move.procedure_group or "",
        capacity_key=move.capacity_key,
        minutes=move.minutes,
        why=move.why,
        clock_start=row.get("clock_start"),
        list_order_date=row.get("list_order_date"),
        **patients.groups_of(row),
    )
    offer.save()
    detail = {"to": move.to_site, "week": move.week_start.isoformat(), "run": label[:200], "snapshot": snapshot_id}
    return acts.add(offer, who, Kind.PROPOSE, snapshots.today(), detail=detail, reason=move.why)


@transaction.atomic
def agree(*, access: Access, offer_id: int, version: int, note: str = "") -> Offer:
    """A named clinician of the patient's present trust agrees that the patient may be treated there then."""
    today, actor = snapshots.today(), Actor(access)
    offer = acts.locked(offer_id)
    acts.check(actor, offer, Kind.AGREE, today, version)
    _must_be_open(offer)
    return acts.add(offer, actor, Kind.AGREE, today, detail={}, reason=acts.plain(note)[: acts.WORDS_AT_MOST])


@transaction.atomic
def refuse(*, access: Access, offer_id: int, version: int, reason: str) -> Offer:
    """A clinician does not agree, and says why. The patient hears nothing of it and keeps their place."""
    today, actor = snapshots.today(), Actor(access)
    offer = acts.locked(offer_id)
    acts.check(actor, offer, Kind.REFUSE, today, version)
    words = acts.needed_words(reason, "reason", "Say why not, in a sentence that a colleague understands")
    return acts.add(offer, actor, Kind.REFUSE, today, detail={}, reason=words)


@transaction.atomic
def agree_several(*, access: Access, chosen: Sequence[tuple[int, int]], note: str) -> list[Offer]:
    """Agree to several that were looked at together: (offer, version) each. All or none."""
    words = acts.needed_words(note, "note", "Say what you looked at")
    if not chosen:
        raise Refused({"offer": "Tick at least one"})
    return [agree(access=access, offer_id=pk, version=version, note=words) for pk, version in sorted(chosen)]


def make_offer(
    *,
    access: Access,
    offer_id: int,
    version: int,
    treat_on: date | None,
    answer_by: date | None,
    method: str,
    agreed_sooner: bool = False,
    note: str = "",
) -> Offer:
    """Offer an agreed move to the patient, or offer again after no answer, and hold a place until the answer-by date.

    Raises `Refused` for a date that is no reasonable offer (RTT guidance 4.4), `NoPlace` if the pool is full.
    """
    today, actor = snapshots.today(), Actor(access)
    try:
        with transaction.atomic():
            offer = acts.locked(offer_id)
            acts.check(actor, offer, Kind.OFFER, today, version)
            _must_be_open(offer)
            errors = offer_rules.wrong_with(
                offered_on=today,
                week_start=offer.week_start,
                treat_on=treat_on,
                answer_by=answer_by,
                agreed_sooner=agreed_sooner,
            )
            if method not in Method.values:
                errors["method"] = "Choose how the offer is made"
            if agreed_sooner and not acts.plain(note):
                errors["note"] = "Say when and how the patient agreed to a sooner date"
            if errors or treat_on is None or answer_by is None:
                raise Refused(errors)
            places.hold(offer, answer_by, today)
            end_codes(offer)
            offer.treat_on, offer.answer_by, offer.method, offer.offered_on = treat_on, answer_by, method, today
            offer.reasonable = offer_rules.is_reasonable(today, treat_on)
            offer.call_wanted = False
            terms = {"treat_on": treat_on, "answer_by": answer_by, "method": method, "reasonable": offer.reasonable}
            detail = terms | {"treat_on": treat_on.isoformat(), "answer_by": answer_by.isoformat()}
            return acts.add(offer, actor, Kind.OFFER, today, detail=detail, reason=acts.plain(note), **terms)
    except IntegrityError as error:
        raise places.NoPlace(offer.capacity_key) from error


@transaction.atomic
def withdraw(*, access: Access, offer_id: int, version: int, reason: str) -> Offer:
    """Take an offer back, with the reason. The place is freed; the patient stays where they are, in their place."""
    today, actor = snapshots.today(), Actor(access)
    offer = acts.locked(offer_id)
    acts.check(actor, offer, Kind.WITHDRAW, today, version)
    words = acts.needed_words(reason, "withdraw_reason", "Say why, so that the next person understands")
    places.free(offer)
    end_codes(offer)
    offer.call_wanted = False
    return acts.add(offer, actor, Kind.WITHDRAW, today, detail={}, reason=words)


@transaction.atomic
def receive(*, access: Access, offer_id: int, version: int) -> Offer:
    """The receiving trust confirms that it has the patient and the minimum data set."""
    today, actor = snapshots.today(), Actor(access)
    offer = acts.locked(offer_id)
    acts.check(actor, offer, Kind.RECEIVE, today, version)
    offer.received_on = today
    return acts.add(offer, actor, Kind.RECEIVE, today, detail={})


def end_codes(offer: Offer) -> None:
    """No code of this offer opens the patient's page any more."""

    AnswerCode.objects.filter(offer=offer, ended_at=None).update(ended_at=acts.now())


def _must_be_open(offer: Offer) -> None:
    reason = why_not(patients.facts_for(offer.pathway_key), offer.period, offer.from_organisation)
    if reason:
        raise UserError(f"{reason}, so nothing was recorded. Withdraw this offer, with that as the reason.")


def declined_reasonable(pathway_key: str, period: int) -> int:
    """How many reasonable offers of this clock the patient has declined: shown, and nothing else."""
    offers = Offer.objects.filter(pathway_key=pathway_key, period=period)
    return sum(
        offer.reasonable and rules.replay([d.kind for d in offer.decisions.all()]) == "declined" for offer in offers
    )
