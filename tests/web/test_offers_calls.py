"""The call handler: whom to call, in which order, what is recorded, and nothing without three proofs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from offers_support import TODAY, Bench, access, patient
from snapshot_factory import Made

from wherry.web import snapshot as snapshots
from wherry.web.access import Role
from wherry.web.access.models import AuditEvent
from wherry.web.offers import answers, selectors
from wherry.web.offers.acts import ChangedMeanwhile, Refused
from wherry.web.offers.models import Call, Invitation, State

pytestmark = pytest.mark.django_db
PROOFS = frozenset(answers.PROOFS)


@pytest.fixture
def bench(handmade: Made) -> Bench:
    return Bench(handmade)


def test_the_queue_has_who_is_not_online_asked_or_has_not_answered_oldest_first(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    online = bench.offered(0, places=6)
    letter = bench.offer(bench.agreed(1, places=6), method="letter", answer_by=TODAY + timedelta(days=20))
    monkeypatch.setattr(snapshots, "today", lambda: TODAY + timedelta(days=1))
    later = {"answer_by": TODAY + timedelta(days=20)}
    asked = bench.offer(bench.agreed(2, places=6), **later)
    answers.ask_call(actor=patient(asked), offer_id=asked.pk, through="online")
    quiet = bench.offer(bench.agreed(3, places=6), **later)
    handler = access(Role.CALL_HANDLER, "RM1")
    assert list(selectors.to_call(handler, TODAY + timedelta(days=1))) == [letter, asked]
    assert list(selectors.to_call(handler, TODAY + timedelta(days=11))) == [online, letter, asked]
    assert list(selectors.to_call(handler, TODAY + timedelta(days=21))) == [online, letter, asked, quiet]
    assert not selectors.to_call(access(Role.CALL_HANDLER, "RGP"), TODAY).exists(), "the receiving trust does not call"


def test_tries_are_kept_and_change_nothing(bench: Bench) -> None:
    offer, handler = bench.offered(), access(Role.CALL_HANDLER, "RM1")
    for outcome in ("no_reply", "message", "wrong_number", "not_proved", "later"):
        _, answered = answers.record_call(access=handler, offer_id=offer.pk, version=offer.version, outcome=outcome)
        assert answered is None
    offer.refresh_from_db()
    assert (offer.state, offer.version, Call.objects.count()) == (State.OFFERED, 3, 5)
    assert AuditEvent.objects.filter(action="offer.called").count() == 5


@pytest.mark.parametrize(("answer", "state"), [("yes", State.ACCEPTED), ("stay", State.DECLINED)])
def test_an_answer_by_telephone_is_recorded_with_who_took_it(bench: Bench, answer: str, state: State) -> None:
    offer, handler = bench.offered(), access(Role.CALL_HANDLER, "RM1")
    _, answered = answers.record_call(
        access=handler,
        offer_id=offer.pk,
        version=offer.version,
        outcome="answered",
        proofs=PROOFS,
        answer=answer,
        note="Daughter can drive",
    )
    assert answered is not None
    assert answered.offer.state == state
    last = answered.offer.decisions.order_by("-sequence")[0]
    assert (last.through, last.made_by) == ("telephone", handler.user)


def test_no_answer_is_taken_without_three_proofs(bench: Bench) -> None:
    offer, handler = bench.offered(), access(Role.CALL_HANDLER, "RM1")
    for proofs in (frozenset(), PROOFS - {"address"}, frozenset({"mother"})):
        with pytest.raises(Refused, match="Tick all three checks"):
            answers.record_call(
                access=handler,
                offer_id=offer.pk,
                version=offer.version,
                outcome="answered",
                proofs=proofs,
                answer="yes",
            )
    assert not Call.objects.exists()


def test_only_a_handler_of_the_patients_trust_records_and_never_over_another(bench: Bench) -> None:
    offer = bench.offered()
    for who in (access(Role.CALL_HANDLER, "RGP"), access(Role.CLINICIAN, "RM1")):
        with pytest.raises(PermissionDenied):
            answers.record_call(access=who, offer_id=offer.pk, version=offer.version, outcome="no_reply")
    answers.decline(actor=patient(offer), offer_id=offer.pk, through="online")
    with pytest.raises(ChangedMeanwhile, match="The patient came first"):
        answers.record_call(
            access=access(Role.CALL_HANDLER, "RM1"),
            offer_id=offer.pk,
            version=offer.version,
            outcome="answered",
            proofs=PROOFS,
            answer="yes",
        )


def test_the_screen_shows_what_a_caller_needs_and_logs_the_look(bench: Bench) -> None:
    offer, client = bench.offered(), Client()
    client.force_login(access(Role.CALL_HANDLER, "RM1").user)  # type: ignore[arg-type]
    page = client.get(f"/offers/calls/{offer.pk}/").content.decode()
    row = next(r for r in bench.rows if r["pathway_key"] == offer.pathway_key)
    assert row["surname"] in page
    assert "never tell them the answer" in page
    assert "3 March 2026" in page
    assert AuditEvent.objects.filter(action="offer.opened", subject_key=str(offer.pk)).count() == 1
    post = {"version": offer.version, "outcome": "answered", "answer": "yes", "proof": ["full_name"]}
    response = client.post(f"/offers/calls/{offer.pk}/record/", post)
    assert response.status_code == 400
    assert b"Tick all three checks" in response.content
    client.post(f"/offers/calls/{offer.pk}/record/", post | {"proof": list(PROOFS)})
    offer.refresh_from_db()
    assert offer.state == State.ACCEPTED
    other = Client()
    other.force_login(access(Role.CALL_HANDLER, "RGP").user)  # type: ignore[arg-type]
    assert other.get(f"/offers/calls/{offer.pk}/").status_code == 404


def test_a_wish_to_move_may_be_taken_by_telephone(bench: Bench) -> None:
    made, client = bench.invited(), Client()
    handler = access(Role.CALL_HANDLER)
    client.force_login(handler.user)  # type: ignore[arg-type]
    assert client.get(f"/offers/invitations/{made.pk}/").status_code == 200
    post = {"answer": "move", "proof": list(PROOFS), "sites": ["RM102", "RGP75", "RCX70", "RM131"], "miles": ""}
    assert client.post(f"/offers/invitations/{made.pk}/answer/", post | {"sites": []}).status_code == 400
    assert client.post(f"/offers/invitations/{made.pk}/answer/", post).status_code == 302
    made.refresh_from_db()
    assert made.state == Invitation.State.ASKED
    assert AuditEvent.objects.get(action="invitation.ask").actor == handler.user.username  # type: ignore[union-attr]
