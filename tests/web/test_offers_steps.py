"""The steps of an offer: who may take each, in which order, and that neither clock nor place ever changes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from offers_support import KEY, TODAY, WEEK, Bench, access, move_of, patient
from snapshot_factory import Made

from wherry.errors import UserError
from wherry.web import snapshot as snapshots
from wherry.web.access import Role, audit
from wherry.web.access.models import AuditEvent
from wherry.web.offers import answers, patients, rules, selectors, services
from wherry.web.offers.acts import Actor, ChangedMeanwhile, Refused
from wherry.web.offers.models import LIVE, AnswerCode, Kind, Offer, OfferDecision, Place, State
from wherry.web.waiting.frame import frame_of
from wherry.web.waiting.models import State as CaseState
from wherry.web.waiting.models import ValidationCase

pytestmark = pytest.mark.django_db


@pytest.fixture
def bench(handmade: Made) -> Bench:
    return Bench(handmade)


def on_day(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    monkeypatch.setattr(snapshots, "today", lambda: day)


# --- proposing -------------------------------------------------------------------------------------------------------


def test_a_proposal_offers_nothing_and_keeps_the_clock_as_it_is(bench: Bench) -> None:
    row, offer = bench.row(), bench.proposed()
    assert (offer.state, offer.live, offer.version) == (State.PROPOSED, True, 1)
    assert (offer.clock_start, offer.list_order_date) == (row["clock_start"], row["list_order_date"])
    assert offer.imd_quintile == str(row["imd_quintile"])
    assert not Place.objects.exists()
    assert not AnswerCode.objects.exists()
    assert offer.decisions.get().reason == offer.why


def test_one_clock_has_one_offer_at_a_time(bench: Bench) -> None:
    bench.proposed()
    again = services.propose(
        access=bench.manager, run_label="b", moves=[move_of(bench.row())], snapshot_id=bench.made.snapshot_id
    )
    assert not again.made
    assert again.left_out[0][1] == "There is an offer for this clock already"


def test_moves_that_cannot_be_are_left_out_with_the_reason(bench: Bench) -> None:
    row, other = bench.row(0), bench.row(1)
    ValidationCase.objects.create(
        pathway_key=other["pathway_key"], period=other["period"], organisation="RM1", state=CaseState.TAKEN_OFF
    )
    moves = [
        move_of(row, period=9),
        move_of(row, from_organisation="RCX"),
        move_of(row, to_site=row["site"]),
        move_of(row, pathway_key="RM1:nobody"),
        move_of(other),
        move_of(bench.row(2)),
    ]
    done = services.propose(access=bench.manager, run_label="", moves=moves, snapshot_id=bench.made.snapshot_id)
    assert [why for _, why in done.left_out] == [
        "The clock is no longer open",
        "Another trust has the patient now",
        "They wait at that hospital already",
        "The clock is no longer open",
        "The clock was taken off the list by decision",
    ]
    assert len(done.made) == 1


def test_nobody_proposes_for_a_trust_that_is_not_theirs_or_on_old_news(bench: Bench) -> None:
    moves = [move_of(bench.row())]
    for who in (access(Role.WAITING_LIST_MANAGER, "RGP"), access(Role.CLINICIAN), access(Role.CALL_HANDLER)):
        with pytest.raises(PermissionDenied):
            services.propose(access=who, run_label="", moves=moves, snapshot_id=bench.made.snapshot_id)
    with pytest.raises(UserError, match="A newer snapshot has been published"):
        services.propose(access=bench.manager, run_label="", moves=moves, snapshot_id="20200101-old")
    assert not Offer.objects.exists()


def test_the_dead_are_offered_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    offer = bench.agreed()
    facts = patients.facts_for(offer.pathway_key)
    assert facts is not None
    dead = patients.Facts(
        facts.pathway_key, facts.pathway, facts.row, {**facts.identity, "death_date": TODAY}, facts.contact
    )
    monkeypatch.setattr(patients, "facts_for", lambda key: dead)
    with pytest.raises(UserError, match="has died"):
        bench.offer(offer)
    with pytest.raises(UserError, match="has died"):
        bench.code(offer)


# --- clinical agreement ----------------------------------------------------------------------------------------------


def test_only_a_clinician_of_the_patients_own_trust_agrees(bench: Bench) -> None:
    offer = bench.proposed()
    for who in (bench.manager, access(Role.CLINICIAN, "RGP"), access(Role.EXECUTIVE), access(Role.CALL_HANDLER)):
        with pytest.raises(PermissionDenied):
            services.agree(access=who, offer_id=offer.pk, version=1)
    own = access(Role.CLINICIAN, "RM1")
    agreed = services.agree(access=own, offer_id=offer.pk, version=1, note="Fit for it")
    assert agreed.state == State.AGREED
    line = agreed.decisions.last()
    assert line is not None
    assert (line.made_by_name, line.reason) == (own.user.display_name if own.user else "", "Fit for it")


def test_nothing_is_offered_before_a_clinician_has_agreed(bench: Bench) -> None:
    offer = bench.proposed()
    with pytest.raises(ChangedMeanwhile):
        bench.offer(offer)
    refused = services.refuse(access=bench.clinician, offer_id=offer.pk, version=1, reason="Needs intensive care after")
    with pytest.raises(ChangedMeanwhile):
        bench.offer(refused)
    assert (refused.state, refused.live) == (State.REFUSED, False)
    assert bench.proposed().pk != offer.pk, "it may be proposed again"


def test_a_refusal_says_why(bench: Bench) -> None:
    offer = bench.proposed()
    with pytest.raises(Refused, match="Say why not"):
        services.refuse(access=bench.clinician, offer_id=offer.pk, version=1, reason="  ")


def test_several_are_agreed_together_or_not_at_all(bench: Bench) -> None:
    first, second = bench.proposed(0), bench.proposed(1)
    services.refuse(access=bench.clinician, offer_id=second.pk, version=1, reason="no")
    pairs = [(first.pk, 1), (second.pk, 1)]
    with pytest.raises(ChangedMeanwhile):
        services.agree_several(access=bench.clinician, chosen=pairs, note="Looked at all")
    first.refresh_from_db()
    assert first.state == State.PROPOSED
    with pytest.raises(Refused, match="what you looked at"):
        services.agree_several(access=bench.clinician, chosen=[(first.pk, 1)], note="")
    done = services.agree_several(access=bench.clinician, chosen=[(first.pk, 1)], note="Looked at all")
    assert [offer.state for offer in done] == [State.AGREED]


def test_the_second_of_two_is_told_who_came_first(bench: Bench) -> None:
    offer = bench.proposed()
    services.agree(access=bench.clinician, offer_id=offer.pk, version=1)
    with pytest.raises(ChangedMeanwhile, match="Test Clinician came first: Agreed clinically"):
        services.refuse(access=bench.clinician, offer_id=offer.pk, version=1, reason="no")


# --- offering --------------------------------------------------------------------------------------------------------


def test_an_offer_is_reasonable_or_the_patient_has_agreed_to_less(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = bench.agreed()
    on_day(monkeypatch, date(2026, 2, 20))
    terms = {"treat_on": WEEK + timedelta(days=1), "answer_by": date(2026, 2, 25)}
    with pytest.raises(Refused, match="must leave 21 days"):
        bench.offer(offer, **terms)
    with pytest.raises(Refused, match="when and how the patient agreed"):
        bench.offer(offer, **terms, agreed_sooner=True)
    made = bench.offer(offer, **terms, agreed_sooner=True, note="By telephone today")
    assert (made.state, made.reasonable) == (State.OFFERED, False)


def test_only_the_patients_own_trust_offers(bench: Bench) -> None:
    offer = bench.agreed()
    with pytest.raises(PermissionDenied):
        services.make_offer(
            access=access(Role.WAITING_LIST_MANAGER, "RGP"),
            offer_id=offer.pk,
            version=offer.version,
            treat_on=WEEK,
            answer_by=TODAY + timedelta(days=9),
            method="letter",
        )


def test_no_answer_comes_by_itself_the_day_after_and_never_earlier(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = bench.offered()
    assert offer.answer_by is not None
    seen = {}
    for days in range(-1, 3):
        day = offer.answer_by + timedelta(days=days)
        seen[days] = rules.standing(Offer.objects.get(), day)
        counts = selectors.count_states(Offer.objects.values_list("state", "answer_by"), day)
        assert counts[seen[days]] == 1
        assert selectors.standing(Offer.objects.all(), seen[days], day).count() == 1
    assert seen == {-1: State.OFFERED, 0: State.OFFERED, 1: State.NO_ANSWER, 2: State.NO_ANSWER}
    before = Offer.objects.values().get()
    on_day(monkeypatch, offer.answer_by + timedelta(days=60))
    selectors.worklist(bench.manager, selectors.Asked(), snapshots.today())
    assert Offer.objects.values().get() == before, "nothing is written, nobody is removed"
    assert OfferDecision.objects.count() == 3


def test_after_no_answer_a_person_offers_again_or_withdraws(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    offer = bench.offered()
    code = bench.code(offer)
    on_day(monkeypatch, TODAY + timedelta(days=11))
    again = bench.offer(offer, answer_by=TODAY + timedelta(days=20), agreed_sooner=True, note="Rang, will think")
    assert (again.state, again.answer_by) == (State.OFFERED, TODAY + timedelta(days=20))
    assert AnswerCode.objects.get().ended_at is not None, code
    assert Place.objects.get().held_until == again.answer_by
    gone = services.withdraw(access=bench.manager, offer_id=offer.pk, version=again.version, reason="Cannot be reached")
    assert (gone.state, gone.live, Place.objects.count()) == (State.WITHDRAWN, False, 0)


# --- answers ---------------------------------------------------------------------------------------------------------


def test_yes_confirms_the_place_and_no_frees_it(bench: Bench) -> None:
    yes, no = bench.offered(0), bench.offered(1)
    said = answers.accept(actor=patient(yes), offer_id=yes.pk, through="online").offer
    assert (said.state, said.answer, Place.objects.get(offer=yes).confirmed) == (State.ACCEPTED, "yes", True)
    said = answers.decline(actor=patient(no), offer_id=no.pk, through="online").offer
    assert (said.state, said.live, Place.objects.filter(offer=no).exists()) == (State.DECLINED, False, False)


def test_a_patient_answers_only_their_own_offer_and_does_nothing_else(bench: Bench) -> None:
    mine, theirs = bench.offered(0), bench.offered(1)
    with pytest.raises(PermissionDenied):
        answers.accept(actor=patient(mine), offer_id=theirs.pk, through="online")
    with pytest.raises(PermissionDenied):
        answers.accept(actor=Actor(), offer_id=mine.pk, through="online")
    with pytest.raises(PermissionDenied):
        answers.accept(actor=Actor(access(Role.CALL_HANDLER, "RGP")), offer_id=mine.pk, through="telephone")


def test_an_answer_recorded_by_mistake_is_taken_back(bench: Bench) -> None:
    offer = bench.accepted()
    back = answers.correct(access=bench.manager, offer_id=offer.pk, version=offer.version, reason="The wrong patient")
    assert (back.state, back.answer, Place.objects.get().confirmed) == (State.OFFERED, "", False)
    said = answers.decline(actor=patient(back), offer_id=back.pk, through="online").offer
    back = answers.correct(access=bench.manager, offer_id=offer.pk, version=said.version, reason="Meant yes")
    assert (back.state, back.live, Place.objects.count()) == (State.OFFERED, True, 1)
    assert [d.kind for d in offer.decisions.all()][-4:] == ["accept", "correct", "decline", "correct"]


def test_history_is_only_added_to(bench: Bench) -> None:
    decision = bench.proposed().decisions.get()
    decision.reason = "something else"
    with pytest.raises(TypeError):
        decision.save()
    with pytest.raises(TypeError):
        decision.delete()


# --- clock and place -------------------------------------------------------------------------------------------------


def places_on_the_list(bench: Bench) -> dict[str, tuple[int, date, date]]:
    """Position, clock start and list-order date of every row."""
    frame = frame_of(patients.care(), "care")
    table = frame.table.select(["pathway_key", "position", "clock_start", "list_order_date"]).to_pylist()
    return {row["pathway_key"]: (row["position"], row["clock_start"], row["list_order_date"]) for row in table}


def test_two_declined_reasonable_offers_do_nothing_by_themselves(bench: Bench) -> None:
    before, row = places_on_the_list(bench), bench.row()
    for _ in range(2):
        offer = bench.offered()
        assert offer.reasonable
        answers.decline(actor=patient(offer), offer_id=offer.pk, through="online")
    assert services.declined_reasonable(row["pathway_key"], row["period"]) == 2
    assert places_on_the_list(bench) == before
    assert not ValidationCase.objects.exists(), "no decision about the clock was made"
    assert not Offer.objects.filter(live=True).exists()
    third = bench.offered()
    assert (third.state, third.clock_start, third.list_order_date) == (
        State.OFFERED,
        row["clock_start"],
        row["list_order_date"],
    )


_ACTS = st.lists(
    st.sampled_from(["agree", "refuse", "offer", "accept", "decline", "call", "correct", "withdraw", "again", "later"]),
    min_size=4,
    max_size=9,
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=20, deadline=None
)
@given(acts=_ACTS)
def test_whatever_happens_the_state_is_the_history_and_the_clock_is_untouched(bench: Bench, acts: list[str]) -> None:
    Place.objects.all().delete()
    OfferDecision.objects.all()._raw_delete("default")  # type: ignore[attr-defined]
    Offer.objects.all().delete()
    before, row = places_on_the_list(bench), bench.row()
    offer = bench.proposed()
    today = TODAY
    real = snapshots.today
    try:
        for act in acts:
            snapshots.today = lambda day=today: day
            offer.refresh_from_db()
            try:
                if act == "agree":
                    services.agree(access=bench.clinician, offer_id=offer.pk, version=offer.version)
                elif act == "refuse":
                    services.refuse(access=bench.clinician, offer_id=offer.pk, version=offer.version, reason="no")
                elif act == "offer":
                    bench.offer(offer)
                elif act == "accept":
                    answers.accept(actor=patient(offer), offer_id=offer.pk, through="online")
                elif act == "decline":
                    answers.decline(actor=patient(offer), offer_id=offer.pk, through="online")
                elif act == "call":
                    answers.ask_call(actor=patient(offer), offer_id=offer.pk, through="online")
                elif act == "correct":
                    answers.correct(access=bench.manager, offer_id=offer.pk, version=offer.version, reason="wrong")
                elif act == "withdraw":
                    services.withdraw(access=bench.manager, offer_id=offer.pk, version=offer.version, reason="why")
                elif act == "again" and not offer.live:
                    offer = bench.proposed()
                elif act == "later":
                    today += timedelta(days=6)
            except UserError:
                continue
    finally:
        snapshots.today = real
    for made in Offer.objects.all():
        assert made.state == rules.replay([d.kind for d in made.decisions.all()])
        assert made.live == (made.state in LIVE)
        assert [d.sequence for d in made.decisions.all()] == list(range(1, made.version + 1))
        assert (made.clock_start, made.list_order_date) == (row["clock_start"], row["list_order_date"])
        confirmed = Place.objects.filter(offer=made, confirmed=True).exists()
        assert confirmed == (made.state == State.ACCEPTED)
    assert Offer.objects.filter(live=True).count() <= 1
    assert places_on_the_list(bench) == before
    assert not ValidationCase.objects.exists()


# --- scope and audit -------------------------------------------------------------------------------------------------


def test_a_trust_sees_what_it_sends_and_what_it_is_to_receive(bench: Bench) -> None:
    out, back = bench.proposed(0, "RM1"), bench.proposed(0, "RGP", capacity_key=KEY.replace("RGP75", "RM102"))
    assert (out.to_organisation, back.to_organisation) == ("RGP", "RM1")
    for trust in ("RM1", "RGP"):
        assert set(selectors.scoped(access(Role.CALL_HANDLER, trust))) == {out, back}
    assert not selectors.scoped(access(Role.CALL_HANDLER, "RCX")).exists()
    assert selectors.find(access(Role.CLINICIAN, "RCX"), out.pk) is None
    assert list(selectors.to_agree(access(Role.CLINICIAN, "RGP"))) == [back]
    with pytest.raises(PermissionDenied):
        selectors.scoped(access(Role.ANALYST))


def test_the_other_trust_reads_the_name_once_the_patient_has_said_yes(bench: Bench) -> None:
    offer, other, own = bench.offered(), access(Role.WAITING_LIST_MANAGER, "RGP"), access(Role.CALL_HANDLER, "RM1")
    assert (rules.may_see_name(other, offer), rules.may_see_name(own, offer)) == (False, True)
    offer = answers.accept(actor=patient(offer), offer_id=offer.pk, through="online").offer
    assert rules.may_see_name(other, offer)


def test_every_act_is_one_line_of_a_sound_chain_and_names_no_patient(bench: Bench) -> None:
    offer = bench.accepted()
    lines = list(AuditEvent.objects.filter(subject_kind="offer").order_by("sequence"))
    assert [line.action for line in lines] == ["offer.propose", "offer.agree", "offer.offer", "offer.accept"]
    assert (lines[-1].actor, lines[-1].roles) == (f"patient of offer {offer.pk}", "patient")
    assert lines[-1].purpose == "the patient's own choice"
    told = " ".join(f"{line.actor} {line.detail}" for line in lines)
    row = bench.row()
    assert row["surname"] not in told
    assert str(row["nhs_number"]) not in told
    assert audit.verify().sound


def test_kinds_and_states_are_all_known_to_the_rules() -> None:
    assert set(rules.ALLOWED) == set(Kind) - {Kind.PROPOSE} == set(rules.NEEDS)
    assert set(rules.AFTER.values()) == set(State) - {State.NO_ANSWER}
