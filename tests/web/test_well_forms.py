"""Questionnaires: whom to ask, answers saved and sent, decisions by a clinician; and nobody leaves the list by them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import waiting_support as support
import well_support as ww
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from snapshot_factory import Made
from well_support import ASKED, TODAY, WELL, WORSE, access

from wherry.waiting import readiness
from wherry.web.access import Role
from wherry.web.access.models import AuditEvent, User
from wherry.web.offers.acts import Actor
from wherry.web.well import form_selectors, form_services, selectors
from wherry.web.well.acts import ChangedMeanwhile, Refused
from wherry.web.well.form_selectors import AskList
from wherry.web.well.form_services import Judged
from wherry.web.well.models import FitnessDecision, HealthForm, Task

pytestmark = pytest.mark.django_db
Users = Callable[..., User]
Clients = Callable[..., Client]


@pytest.fixture(autouse=True)
def _afresh() -> None:
    selectors.forget()


def patient(form: HealthForm) -> Actor:
    return Actor(patient_of=f"questionnaire {form.pk}")


# --- whom to ask ----------------------------------------------------------------------------------------------------


def test_orthopaedics_first_then_list_order_and_adults_alone(handmade: Made, make_user: Users) -> None:
    found = AskList(access(make_user, Role.CALL_HANDLER))
    lines = found.lines(found.to_ask())
    phases = [readiness.phase(ASKED, line["treatment_function"]) for line in lines]
    places = [(phase, line["position"]) for phase, line in zip(phases, lines, strict=True)]
    assert places == sorted(places)
    assert phases[0] == 0
    expected = [r for r in support.rows(handmade) if r["stage"] == "admitted" and (r["age"] is None or r["age"] >= 18)]
    assert {line["pathway_key"] for line in lines} == {row["pathway_key"] for row in expected}


def test_who_was_asked_or_has_answered_is_not_asked_again_until_answers_are_old(
    handmade: Made, make_user: Users
) -> None:
    who = access(make_user, Role.WAITING_LIST_MANAGER)
    first, second = AskList(who).lines(AskList(who).to_ask()[:2])
    (made,) = form_services.invite(access=who, people=[ww.asked_of(first)], channel="telephone", today=TODAY)
    (again,) = form_services.invite(access=who, people=[ww.asked_of(first)], channel="online", today=TODAY)
    assert again.pk == made.pk
    sent = ww.submitted(second, WELL)
    keys = {line["pathway_key"] for line in AskList(who).lines(AskList(who).to_ask())}
    assert not {first["pathway_key"], second["pathway_key"]} & keys
    HealthForm.objects.filter(pk=sent.pk).update(submitted_on=TODAY - timedelta(days=185))
    form_services.close(access=who, form_id=made.pk, reason="Three calls without a reply")
    keys = {line["pathway_key"] for line in AskList(who).lines(AskList(who).to_ask())}
    assert {first["pathway_key"], second["pathway_key"]} <= keys


def test_asking_needs_the_permission_at_the_trust(handmade: Made, make_user: Users) -> None:
    row = ww.admitted(handmade, "RM1")
    for who in (access(make_user, Role.CLINICIAN), access(make_user, Role.CALL_HANDLER, "RGP")):
        with pytest.raises(PermissionDenied):
            form_services.invite(access=who, people=[ww.asked_of(row)], channel="letter", today=TODAY)
    with pytest.raises(Refused):
        form_services.invite(access=access(make_user, Role.CALL_HANDLER), people=[], channel="letter", today=TODAY)
    with pytest.raises(Refused):
        form_services.invite(
            access=access(make_user, Role.WAITING_LIST_MANAGER),
            people=[ww.asked_of(row)],
            channel="pigeon",
            today=TODAY,
        )


# --- answers --------------------------------------------------------------------------------------------------------


def test_answers_are_saved_by_topic_and_a_blank_takes_one_away(handmade: Made) -> None:
    form = ww.form_of(ww.admitted(handmade))
    kept, errors = form_services.save(
        actor=patient(form),
        form_id=form.pk,
        topic="body",
        answers={"height_cm": 170, "weight_kg": 8},
        expected_version=0,
    )
    assert (kept.answers, list(errors), kept.state) == ({"height_cm": 170}, ["weight_kg"], "started")
    kept, _ = form_services.save(
        actor=patient(form), form_id=form.pk, topic="body", answers={"weight_kg": 80}, expected_version=1
    )
    assert kept.answers == {"weight_kg": 80}
    with pytest.raises(ChangedMeanwhile):
        form_services.save(actor=patient(form), form_id=form.pk, topic="body", answers={}, expected_version=1)


def test_nothing_is_sent_while_an_answer_is_missing(handmade: Made) -> None:
    form = ww.form_of(ww.admitted(handmade), {**WELL, "diabetes": "tablets"})
    with pytest.raises(Refused) as refused:
        form_services.submit(actor=patient(form), form_id=form.pk, expected_version=0, today=TODAY)
    assert list(refused.value.errors) == ["hba1c"]
    form.refresh_from_db()
    assert (form.state, form.outcome) == ("invited", "")


def test_sent_answers_are_scored_kept_and_closed(handmade: Made) -> None:
    form = ww.submitted(ww.admitted(handmade), {**WORSE, "blood_thinner": "yes"})
    assert (form.outcome, form.own_words) == ("review", "I cannot climb my own stairs.")
    assert [reason["rule"] for reason in form.reasons] == ["worse", "blood_thinner"]
    assert (form.submitted_through, form.submitted_by_name) == ("online", "The patient")
    seen = form.version
    with pytest.raises(ChangedMeanwhile):
        form_services.save(actor=patient(form), form_id=form.pk, topic="body", answers={}, expected_version=seen)
    with pytest.raises(ChangedMeanwhile):
        form_services.submit(actor=patient(form), form_id=form.pk, expected_version=seen, today=TODAY)
    event = AuditEvent.objects.get(action="questionnaire.answered")
    assert event.actor == f"patient of questionnaire {form.pk}"


def test_another_patient_or_another_trust_cannot_answer(handmade: Made, make_user: Users) -> None:
    form = ww.form_of(ww.admitted(handmade, "RM1"))
    others = [Actor(patient_of=f"questionnaire {form.pk + 1}"), Actor(access(make_user, Role.CALL_HANDLER, "RGP"))]
    for actor in others:
        with pytest.raises(PermissionDenied):
            form_services.save(actor=actor, form_id=form.pk, topic="body", answers={}, expected_version=0)


def test_by_telephone_topic_by_topic_to_the_result(handmade: Made, client_for: Clients) -> None:
    client = client_for(Role.CALL_HANDLER, ("RM1",))
    row = next(r for r in support.rows(handmade) if r["stage"] == "admitted" and r["organisation"] == "RM1")
    asked = client.post(reverse("well:invite"), {"pathway": [row["pathway_key"]], "channel": "telephone"})
    form = HealthForm.objects.get()
    assert asked["Location"] == reverse("well:form", args=[form.pk])
    answers = {**WELL, "diabetes": "tablets", "hba1c": "unknown"}
    for topic in ASKED.topics:
        form.refresh_from_db()
        there = reverse("well:topic", args=[form.pk, topic.code])
        mine = {q.code: answers[q.code] for q in ASKED.of_topic(topic.code) if q.code in answers}
        if topic.code == "diabetes":
            first = client.post(there, {"diabetes": "tablets", "version": form.version, "go": "next"})
            assert first.status_code == 200  # it has led to a question of this page
            form.refresh_from_db()
        if topic.code == "body":
            bad = client.post(there, {"height_cm": "tall", "weight_kg": "80", "version": form.version, "go": "next"})
            assert bad.status_code == 400
            assert "whole number from 100 to 230 cm" in bad.content.decode()
            form.refresh_from_db()
        assert client.post(there, {**mine, "version": form.version, "go": "next"}).status_code == 302
    form.refresh_from_db()
    assert "Send the answers" in client.get(reverse("well:form", args=[form.pk])).content.decode()
    send = reverse("well:submit", args=[form.pk])
    assert client.post(send, {"version": form.version, "proof": ["full_name"]}).status_code == 400
    proofs = ["full_name", "birth_date", "address"]
    assert client.post(send, {"version": form.version, "proof": proofs}).status_code == 302
    form.refresh_from_db()
    assert (form.outcome, form.submitted_through) == ("review", "telephone")
    assert client.get(reverse("well:topic", args=[form.pk, "body"])).status_code == 302
    assert client.get(reverse("well:topic", args=[form.pk, "feet"])).status_code == 404
    assert client_for(Role.CALL_HANDLER, ("RGP",)).get(reverse("well:form", args=[form.pk])).status_code == 404


def test_many_are_asked_at_once_and_each_code_is_shown_once(handmade: Made, client_for: Clients) -> None:
    client = client_for(Role.WAITING_LIST_MANAGER)
    rows = [ww.admitted(handmade, at=n)["pathway_key"] for n in range(3)]
    page = client.post(reverse("well:invite"), {"pathway": [*rows, "RM1:none"], "channel": "letter"}).content.decode()
    assert page.count('class="ww-code"') == 3
    assert HealthForm.objects.count() == 3
    assert client.post(reverse("well:invite"), {"pathway": rows, "channel": "telephone"}).status_code == 302
    assert client.get(reverse("well:ask") + "?view=open").content.decode().count("Ask, or close") == 3


# --- decisions ------------------------------------------------------------------------------------------------------

PLAN = Judged("optimise", "HbA1c first.", "HbA1c by the practice", "Diabetes team", TODAY + timedelta(days=28))


def judge(who: Any, form: HealthForm, judged: Judged = PLAN, sequence: int = 0) -> FitnessDecision:
    return form_services.decide(access=who, form_id=form.pk, judged=judged, expected_sequence=sequence, today=TODAY)


def test_a_clinician_decides_with_a_task_and_the_list_stays(handmade: Made, make_user: Users) -> None:
    row, who = ww.admitted(handmade), access(make_user, Role.CLINICIAN)
    form = ww.submitted(row, {**WELL, "diabetes": "tablets", "hba1c": "high"})
    assert form in form_selectors.results(who, "review")
    judge(who, form, Judged("not_fit", "Sugar first.", "Plan with the practice", "Dr Fen", TODAY))
    form.refresh_from_db()
    assert form.fitness == "not_fit"
    assert form not in form_selectors.results(who, "review")
    assert form in form_selectors.results(who, "decided")
    assert Task.objects.get().owner == "Dr Fen"
    assert row["pathway_key"] in {r["pathway_key"] for r in support.rows(handmade)}
    from wherry.web.waiting.selectors import WaitingList

    kept = WaitingList(who).row(row["pathway_key"])
    assert kept is not None
    assert (kept["position"], kept["state"]) == (row["position"], 0)


def test_undoing_brings_back_the_decision_before(handmade: Made, make_user: Users) -> None:
    who = access(make_user, Role.CLINICIAN)
    form = ww.submitted(ww.admitted(handmade), WORSE)
    judge(who, form)
    judge(who, form, Judged("fit", "Seen."), 1)
    form_services.undo(access=who, form_id=form.pk, reason="Meant another", today=TODAY)
    form.refresh_from_db()
    assert form.fitness == "optimise"
    form_services.undo(access=who, form_id=form.pk, reason="And that", today=TODAY)
    form.refresh_from_db()
    assert form.fitness == ""
    assert Task.objects.get().withdrawn
    assert [d.kind for d in form.decisions.all()] == ["optimise", "fit", "undo", "undo"]
    with pytest.raises(ChangedMeanwhile):
        form_services.undo(access=who, form_id=form.pk, reason="None left", today=TODAY)


def test_what_a_decision_must_say(handmade: Made, make_user: Users) -> None:
    who = access(make_user, Role.CLINICIAN)
    form = ww.submitted(ww.admitted(handmade), WORSE)
    for judged, field in (
        (Judged("perhaps", "x"), "kind"),
        (Judged("fit", ""), "reason"),
        (Judged("optimise", "x"), "action"),
        (Judged("fit", "x", "Do this"), "owner"),
    ):
        with pytest.raises(Refused) as refused:
            judge(who, form, judged)
        assert field in refused.value.errors
    judge(who, form)
    with pytest.raises(ChangedMeanwhile):
        judge(who, form)
    for other in (access(make_user, Role.WAITING_LIST_MANAGER), access(make_user, Role.CLINICIAN, "NOBODY")):
        with pytest.raises(PermissionDenied):
            judge(other, form, PLAN, 1)
    with pytest.raises(Refused):
        judge(who, ww.form_of(ww.admitted(handmade, at=3)))


def test_the_result_page_decides_and_undoes(handmade: Made, client_for: Clients) -> None:
    form = ww.submitted(ww.admitted(handmade, "RM1"), WORSE)
    client = client_for(Role.CLINICIAN, ("RM1",))
    there = reverse("well:result", args=[form.pk])
    page = client.get(there).content.decode()
    assert "The condition has changed: it is worse" in page
    assert "I cannot climb my own stairs." in page
    sent = {"kind": "optimise", "reason": "See first", "action": "Clinic", "owner": "Ms Wren", "due_on": "3/3/2026"}
    assert client.post(reverse("well:decide", args=[form.pk]), {**sent, "sequence": "0"}).status_code == 302
    assert client.post(reverse("well:decide", args=[form.pk]), {**sent, "sequence": "0"}).status_code == 409
    assert client.post(reverse("well:undo", args=[form.pk]), {"undo": ""}).status_code == 400
    assert client.post(reverse("well:undo", args=[form.pk]), {"undo": "Wrong form"}).status_code == 302
    assert "Wrong form" in client.get(there).content.decode()
    assert client_for(Role.CLINICIAN, ("RGP",)).get(there).status_code == 404
    for view in ("review", "fit", "decided", "strange"):
        assert client.get(reverse("well:results") + f"?view={view}&trust=RM1").status_code == 200
