"""Follow-ups: views and order, leaving one to the patient, requests to be seen and their triage."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from shutil import copytree

import pyarrow.parquet as pq
import pytest
import waiting_support as support
import well_support as ww
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from snapshot_factory import Made
from well_support import TODAY, access

from wherry.hub.schema import TABLES
from wherry.waiting.follow_ups import State
from wherry.web.access import Role
from wherry.web.access.models import AuditEvent, User
from wherry.web.offers.acts import Actor
from wherry.web.waiting import frame as waiting_frame
from wherry.web.well import follow_frame, follow_selectors, follow_services, selectors
from wherry.web.well.acts import ChangedMeanwhile, Refused
from wherry.web.well.follow_selectors import VIEWS, FollowUps
from wherry.web.well.follow_services import Triaged
from wherry.web.well.models import Agreement, SeeRequest, Task

pytestmark = pytest.mark.django_db
Users = Callable[..., User]
Clients = Callable[..., Client]
UNTIL = date(2026, 7, 31)


@pytest.fixture(autouse=True)
def _afresh() -> None:
    selectors.forget()
    follow_frame.forget()


def test_late_ones_are_those_past_their_date_in_order_of_risk(handmade: Made, make_user: Users) -> None:
    found = FollowUps(access(make_user, Role.CLINICIAN))
    lines = found.lines(found.select("late"))
    ranks = {reason.code: reason.rank for reason in found.rules.reasons.values()}
    late = [r for r in support.rows(handmade, "follow_up") if r["latest_on"] and r["latest_on"] < TODAY]
    late = [r for r in late if r["closed_on"] is None]
    assert {line["follow_up_key"] for line in lines} == {row["follow_up_key"] for row in late}
    order = [(ranks[line["reason"]], -line["late"]) for line in lines]
    assert order == sorted(order)
    assert all(line["why"] and line["who"]["surname"] for line in lines)


def test_every_open_follow_up_is_in_a_view_or_in_time(handmade: Made, make_user: Users) -> None:
    found = FollowUps(access(make_user, Role.CLINICIAN))
    counted = sum(int(found.mask(view).sum()) for view in ("late", "will_be_late", "open", "no_date"))
    in_time = int((found.frame.states == State.IN_TIME).sum())
    assert counted + in_time == found.frame.size
    one = FollowUps(access(make_user, Role.CLINICIAN, "RGP"))
    groups = one.by_trust_and_function("late")
    assert {group["trust"] for group in groups} <= {"RGP"}
    assert sum(group["count"] for group in groups) == len(one.select("late"))


def test_pages_and_files_are_scoped_and_logged(handmade: Made, client_for: Clients) -> None:
    client = client_for(Role.WAITING_LIST_MANAGER, ("RGP",))
    for view in (*VIEWS, "strange"):
        assert client.get(reverse("well:follow_ups") + f"?view={view}&trust=RM1").status_code == 200
    text = b"".join(client.get(reverse("well:follow_ups_csv") + "?view=late").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert {line.split(",")[0] for line in text.splitlines()[1:]} <= {"RGP"}
    assert AuditEvent.objects.filter(action="follow_up.exported").exists()
    other = ww.follow_up_row(handmade, trust="RM1")
    assert client.get(reverse("well:follow_up", args=[other["follow_up_key"]])).status_code == 404


# --- leaving one to the patient -------------------------------------------------------------------------------------


def agree(who, row, until=UNTIL, reason="Told what to watch for", sequence=0):  # type: ignore[no-untyped-def]
    return follow_services.agree(
        access=who,
        follow_up=ww.subject(row),
        open_until=until,
        reason=reason,
        expected_sequence=sequence,
        today=TODAY,
    )


def test_an_agreement_is_a_line_for_the_trust_until_it_is_undone(handmade: Made, make_user: Users) -> None:
    who = access(make_user, Role.CLINICIAN)
    row = ww.follow_up_row(handmade, "after_treatment")
    agree(who, row)
    found = FollowUps(who)
    ((line, agreed),) = found.to_record()
    assert (line["follow_up_key"], agreed.open_until) == (row["follow_up_key"], UNTIL)
    with pytest.raises(ChangedMeanwhile):
        agree(who, row)
    follow_services.undo_agreement(
        access=who, follow_up=ww.subject(row), reason="Not yet", expected_sequence=1, today=TODAY
    )
    assert FollowUps(who).to_record() == []
    assert [a.open_until for a in Agreement.objects.order_by("sequence")] == [UNTIL, None]
    with pytest.raises(ChangedMeanwhile):
        follow_services.undo_agreement(
            access=who, follow_up=ww.subject(row), reason="Again", expected_sequence=2, today=TODAY
        )
    actions = list(AuditEvent.objects.filter(subject_kind="follow_up").values_list("action", flat=True))
    assert actions == ["follow_up.agreed", "follow_up.agreement_undone"]


def test_only_a_clinician_of_the_trust_agrees_with_a_day_and_a_reason(handmade: Made, make_user: Users) -> None:
    row = ww.follow_up_row(handmade, "after_treatment", trust="RM1")
    for who in (access(make_user, Role.WAITING_LIST_MANAGER), access(make_user, Role.CLINICIAN, "RGP")):
        with pytest.raises(PermissionDenied):
            agree(who, row)
    mine = access(make_user, Role.CLINICIAN, "RM1")
    for until, reason, field in ((None, "x", "open_until"), (TODAY, "x", "open_until"), (UNTIL, " ", "reason")):
        with pytest.raises(Refused) as refused:
            agree(mine, row, until, reason)
        assert list(refused.value.errors) == [field]


def test_by_page_risk_is_never_left_to_the_patient(handmade: Made, client_for: Clients) -> None:
    client = client_for(Role.CLINICIAN)
    risky = ww.follow_up_row(handmade, "surveillance")["follow_up_key"]
    sent = {"open_until": "31/7/2026", "reason": "Told what to watch for", "sequence": "0"}
    refused = client.post(reverse("well:agree", args=[risky]), sent)
    assert refused.status_code == 400
    assert "never left to the patient" in refused.content.decode()
    key = ww.follow_up_row(handmade, "after_treatment")["follow_up_key"]
    assert client.post(reverse("well:agree", args=[key]), {**sent, "open_until": "soon"}).status_code == 400
    assert client.post(reverse("well:agree", args=[key]), sent).status_code == 302
    assert "does not show it yet" in client.get(reverse("well:follow_up", args=[key])).content.decode()
    manager = client_for(Role.WAITING_LIST_MANAGER)
    text = b"".join(manager.get(reverse("well:to_record")).streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert "Follow-up is patient-initiated" in text
    undo = {"undo": "Asked too early", "sequence": "1"}
    assert client.post(reverse("well:undo_agreement", args=[key]), undo).status_code == 302
    assert "Asked too early" in client.get(reverse("well:follow_up", args=[key])).content.decode()


# --- requests -------------------------------------------------------------------------------------------------------


def test_the_more_worried_are_looked_at_sooner(handmade: Made, make_user: Users) -> None:
    row = ww.follow_up_row(handmade, patient=True)
    days = {u: ww.request_of(row, u).triage_due_on - TODAY for u in ("question", "worse", "much_worse")}
    assert days == {"much_worse": timedelta(1), "worse": timedelta(3), "question": timedelta(7)}
    waiting = follow_selectors.open_requests(access(make_user, Role.CLINICIAN))
    assert [request.urgency for request in waiting] == ["much_worse", "worse", "question"]
    with pytest.raises(Refused):
        ww.request_of(row, "whenever")
    with pytest.raises(Refused):
        ww.request_of(row, "worse", "  ")


def test_only_the_patient_or_staff_of_the_trust_ask(handmade: Made, make_user: Users) -> None:
    row = ww.follow_up_row(handmade, patient=True, trust="RM1")
    actors = [
        Actor(patient_of="follow_up RM1:other"),
        Actor(access(make_user, Role.CALL_HANDLER, "RGP")),
        Actor(access(make_user, Role.CLINICIAN)),
    ]
    for actor in actors:
        with pytest.raises(PermissionDenied):
            follow_services.ask(actor=actor, follow_up=ww.subject(row), urgency="worse", text="x", today=TODAY)


def test_an_answer_to_be_seen_has_an_owner_and_a_day_and_can_be_undone(handmade: Made, make_user: Users) -> None:
    who = access(make_user, Role.CLINICIAN)
    asked = ww.request_of(ww.follow_up_row(handmade, patient=True))
    seen = Triaged("book", "We see you soon.")
    with pytest.raises(Refused) as refused:
        follow_services.answer(access=who, request_id=asked.pk, triaged=seen, expected_version=0, today=TODAY)
    assert list(refused.value.errors) == ["action", "owner", "due_on"]
    seen = Triaged("book", "We see you soon.", "Clinic", "Bookings", TODAY + timedelta(days=10))
    follow_services.answer(access=who, request_id=asked.pk, triaged=seen, expected_version=0, today=TODAY)
    assert follow_selectors.open_requests(who) == []
    with pytest.raises(ChangedMeanwhile):
        follow_services.answer(access=who, request_id=asked.pk, triaged=seen, expected_version=1, today=TODAY)
    follow_services.undo_answer(access=who, request_id=asked.pk, reason="Wrong person", today=TODAY)
    assert [request.pk for request in follow_selectors.open_requests(who)] == [asked.pk]
    assert Task.objects.get().withdrawn
    with pytest.raises(PermissionDenied):
        follow_services.answer(
            access=access(make_user, Role.WAITING_LIST_MANAGER),
            request_id=asked.pk,
            triaged=seen,
            expected_version=2,
            today=TODAY,
        )


def test_by_telephone_with_proofs_and_answered_by_page(handmade: Made, client_for: Clients) -> None:
    row = ww.follow_up_row(handmade, patient=True)
    trust = (row["source"],)
    identity = next(
        i
        for p in support.rows(handmade, "pathway")
        if p["pathway_key"] == row["pathway_key"]
        for i in support.rows(handmade, "person_identity")
        if i["identity_key"] == p["identity_key"]
    )
    client = client_for(Role.CALL_HANDLER, trust)
    find = reverse("well:find")
    if identity["nhs_number_valid"]:
        n = identity["nhs_number"]
        found = client.get(f"{find}?number={n[:3]}+{n[3:6]}+{n[6:]}").content.decode()
        assert reverse("well:record", args=[row["follow_up_key"]]) in found
        assert AuditEvent.objects.filter(action="follow_up.searched", subject_key=n).exists()
    assert "ten digits" in client.get(f"{find}?number=12").content.decode()
    assert "No open follow-up" in client.get(f"{find}?number=9990000000").content.decode()
    there = reverse("well:record", args=[row["follow_up_key"]])
    sent = {"urgency": "much_worse", "words": "It swells.", "proof": ["full_name", "birth_date"]}
    assert client.post(there, sent).status_code == 400
    assert not SeeRequest.objects.exists()
    sent["proof"] = ["full_name", "birth_date", "address"]
    assert client.post(there, sent).status_code == 302
    asked = SeeRequest.objects.get()
    assert (asked.through, asked.recorded_by_name) == ("telephone", "Test Call_Handler-" + row["source"].title())
    assert (
        'class="ww-code"' in client.post(reverse("well:follow_up_code", args=[row["follow_up_key"]])).content.decode()
    )
    clinician = client_for(Role.CLINICIAN, trust)
    assert "It swells." in clinician.get(reverse("well:requests")).content.decode()
    answer = {"answer": "advice", "reason": "Rest it; call again if hot.", "version": "0"}
    there = reverse("well:answer", args=[asked.pk])
    assert clinician.post(there, {**answer, "due_on": "soon"}).status_code == 400
    assert clinician.post(there, answer).status_code == 302
    assert clinician.post(reverse("well:undo_answer", args=[asked.pk]), {"undo": ""}).status_code == 400
    assert clinician.post(reverse("well:undo_answer", args=[asked.pk]), {"undo": "Too soon"}).status_code == 302
    page = clinician.get(reverse("well:request", args=[asked.pk])).content.decode()
    assert "Too soon" in page
    assert client_for(Role.CLINICIAN, ("NOBODY",)).get(reverse("well:request", args=[asked.pk])).status_code == 404


def test_without_any_rows_every_page_says_what_would_be_here(
    handmade: Made, client_for: Clients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copytree(handmade.hub, tmp_path / "hub")
    monkeypatch.setenv("WHERRY_DATA", str(tmp_path))
    folder = tmp_path / "hub" / "snapshots" / handmade.snapshot_id
    for name in ("follow_up", "waiting_risk", "cancer_wait", "waiting_list"):
        pq.write_table(TABLES[name].schema.empty_table(), folder / f"{name}.parquet")
    waiting_frame.forget()
    try:
        for role, places in (
            (Role.CLINICIAN, ("risks", "due", "tasks", "results", "follow_ups", "requests")),
            (Role.WAITING_LIST_MANAGER, ("ask", "find", "risks_csv", "follow_ups_csv", "to_record")),
        ):
            for place in places:
                assert client_for(role).get(reverse(f"well:{place}")).status_code == 200, place
        page = client_for(Role.CLINICIAN).get(reverse("well:follow_ups")).content.decode()
        assert "Follow-ups come with the trusts’ extracts" in page
    finally:
        for kept in (waiting_frame, selectors, follow_frame):
            kept.forget()
