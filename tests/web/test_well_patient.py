"""A patient's own pages: what opens them and what never does, answers saved, sent once, and asking to be seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import waiting_support as support
import well_support as ww
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from snapshot_factory import Made
from well_support import ASKED, TODAY, WELL, access

from wherry.errors import UserError
from wherry.web.access import Role
from wherry.web.access.models import AuditEvent, User
from wherry.web.offers.models import WrongTry
from wherry.web.well import codes, follow_frame, form_services, selectors
from wherry.web.well.models import HealthCode, HealthForm, SeeRequest

pytestmark = pytest.mark.django_db
Users = Callable[..., User]
START = "/my/health/"


@pytest.fixture(autouse=True)
def _afresh() -> None:
    selectors.forget()
    follow_frame.forget()


def born(made: Made, pathway_key: str) -> date:
    pathway = next(r for r in support.rows(made, "pathway") if r["pathway_key"] == pathway_key)
    rows = support.rows(made, "person_identity")
    found = next(r["birth_date"] for r in rows if r["identity_key"] == pathway["identity_key"])
    assert isinstance(found, date)
    return found


def known(made: Made, patient: bool = False) -> dict[str, Any]:
    """A row with a date of birth, on the admitted list or with an open window."""
    rows = [r for r in support.rows(made) if r["stage"] == "admitted"]
    rows = [r for r in support.rows(made, "follow_up") if r["initiated_by"] == "patient"] if patient else rows
    alive = {
        r["identity_key"] for r in support.rows(made, "person_identity") if r["birth_date"] and not r["death_date"]
    }
    good = {r["pathway_key"] for r in support.rows(made, "pathway") if r["identity_key"] in alive}
    return next(r for r in rows if r["pathway_key"] in good and (not patient or r["open_until"] > TODAY))


def invited(made: Made, make_user: Users) -> tuple[HealthForm, str, date]:
    row = known(made)
    form = ww.form_of(row)
    code = codes.make(access=access(make_user, Role.WAITING_LIST_MANAGER), form=form)
    return form, code, born(made, row["pathway_key"])


def typed(code: str, on: date) -> dict[str, str]:
    return {"code": code, "day": str(on.day), "month": str(on.month), "year": str(on.year)}


def test_code_and_birth_date_open_the_questions_in_any_spelling(handmade: Made, make_user: Users) -> None:
    form, code, on = invited(handmade, make_user)
    client = Client()
    opened = client.post(START, typed(f" {code[:5].lower()}-{code[5:]} ", on))
    assert opened["Location"] == reverse("my_health:topics")
    page = client.get(opened["Location"]).content.decode()
    assert ASKED.title in page
    assert "you keep your place on the waiting list" in page
    assert AuditEvent.objects.filter(action="my.opened", actor=f"patient of questionnaire {form.pk}").exists()
    assert code not in str(AuditEvent.objects.values_list("detail", flat=True))


def test_a_wrong_code_birth_date_ended_or_other_code_opens_nothing(handmade: Made, make_user: Users) -> None:
    _, code, on = invited(handmade, make_user)
    client = Client()
    refused = [client.post(START, typed("ACDEFGHJKM", on)), client.post(START, typed(code, on + timedelta(days=1)))]
    HealthCode.objects.update(expires_on=TODAY - timedelta(days=1))
    refused.append(client.post(START, typed(code, on)))
    HealthCode.objects.update(expires_on=TODAY, ended_at=datetime.now(UTC))
    refused.append(client.post(START, typed(code, on)))
    assert {page.status_code for page in refused} == {400}
    told = {page.content.decode().split('role="alert"')[1].split("</ul>")[0] for page in refused}
    assert len(told) == 1
    assert client.get(reverse("my_health:topics")).status_code == 403
    assert WrongTry.objects.count() == 4


def test_the_eleventh_try_is_refused_even_if_right(handmade: Made, make_user: Users) -> None:
    _, code, on = invited(handmade, make_user)
    client = Client()
    for _ in range(10):
        assert client.post(START, typed(code, on + timedelta(days=3))).status_code == 400
    blocked = client.post(START, typed(code, on))
    assert blocked.status_code == 429
    assert "Wait an hour" in blocked.content.decode()
    WrongTry.objects.update(at=datetime.now(UTC) - timedelta(minutes=61))
    assert client.post(START, typed(code, on)).status_code == 302


def test_a_new_code_ends_the_old_one_and_only_who_may_makes_one(handmade: Made, make_user: Users) -> None:
    form, code, on = invited(handmade, make_user)
    newer = codes.make(access=access(make_user, Role.CALL_HANDLER), form=form)
    assert Client().post(START, typed(code, on)).status_code == 400
    assert Client().post(START, typed(newer, on)).status_code == 302
    with pytest.raises(PermissionDenied):
        codes.make(access=access(make_user, Role.CLINICIAN), form=form)
    form_services.close(access=access(make_user, Role.CALL_HANDLER), form_id=form.pk, reason="Prefers to be called")
    with pytest.raises(UserError, match="not open any more"):
        codes.make(access=access(make_user, Role.CALL_HANDLER), form=form)
    assert Client().post(START, typed(newer, on)).status_code == 400


def test_answers_are_saved_page_by_page_come_back_and_are_sent_once(handmade: Made, make_user: Users) -> None:
    form, code, on = invited(handmade, make_user)
    client = Client()
    client.post(START, typed(code, on))
    for topic in ASKED.topics:
        form.refresh_from_db()
        mine = {q.code: WELL[q.code] for q in ASKED.of_topic(topic.code) if q.code in WELL}
        there = reverse("my_health:topic", args=[topic.code])
        go = "later" if topic.code == "heart" else "next"
        assert client.post(there, {**mine, "version": form.version, "go": go}).status_code == 302
        if topic.code == "heart":
            client.post(reverse("my_health:leave"))
            assert client.get(there).status_code == 403
            client = Client()
            client.post(START, typed(code, on))
            assert 'value="no" checked' in client.get(there).content.decode()
    form.refresh_from_db()
    check = client.get(reverse("my_health:check")).content.decode()
    assert "Send my answers" in check
    assert client.post(reverse("my_health:check"), {"version": form.version})["Location"] == reverse("my_health:done")
    thanks = client.get(reverse("my_health:done")).content.decode()
    assert "We have your answers" in thanks
    assert "Call 999" in thanks
    form.refresh_from_db()
    assert (form.state, form.outcome) == ("submitted", "fit")
    assert client.get(reverse("my_health:topics")).status_code == 302
    assert Client().post(START, typed(code, on)).status_code == 400


def test_nothing_is_guessed_and_nothing_is_said_of_the_result(handmade: Made, make_user: Users) -> None:
    form, code, on = invited(handmade, make_user)
    client = Client()
    client.post(START, typed(code, on))
    assert "call 999" in client.get(reverse("my_health:topic", args=["heart"])).content.decode()
    client.post(reverse("my_health:topic", args=["heart"]), {"chest_pain": "rest", "version": "0", "go": "next"})
    page = client.get(reverse("my_health:check")).content.decode()
    assert "Not answered" in page
    assert "Send my answers" not in page
    refused = client.post(reverse("my_health:check"), {"version": "1"})
    assert refused.status_code == 400
    form.refresh_from_db()
    assert form.state == "started"
    bad = client.post(reverse("my_health:topic", args=["body"]), {"weight_kg": "heavy", "version": "1", "go": "next"})
    assert bad.status_code == 400
    assert "heavy" in bad.content.decode()
    surname = next(r["surname"] for r in support.rows(handmade) if r["pathway_key"] == form.pathway_key)
    for name in ("topics", "check"):
        text = client.get(reverse(f"my_health:{name}")).content.decode()
        assert surname not in text
        assert "999 0" not in text


def test_a_session_closes_and_opens_nothing_of_others(handmade: Made, make_user: Users) -> None:
    _, code, on = invited(handmade, make_user)
    client = Client()
    client.post(START, typed(code, on))
    assert client.get(reverse("my_health:follow_up")).status_code == 403
    assert client.get("/my/offer/").status_code == 403
    assert client.get("/waiting-well/").status_code == 302
    assert client.get(reverse("my_health:topic", args=["feet"])).status_code == 404
    session = client.session
    session["my_health"] = {**session["my_health"], "until": 0}
    session.save()
    assert client.get(reverse("my_health:topics")).status_code == 403


def test_a_patient_asks_to_be_seen_and_reads_by_when(handmade: Made, make_user: Users) -> None:
    row = known(handmade, patient=True)
    who = access(make_user, Role.CALL_HANDLER)
    code = codes.make(access=who, follow_up=ww.subject(row), until=row["open_until"])
    assert HealthCode.objects.get().expires_on == row["open_until"]
    client = Client()
    opened = client.post(START, typed(code, born(handmade, row["pathway_key"])))
    assert opened["Location"] == reverse("my_health:follow_up")
    there = opened["Location"]
    assert client.post(there, {"urgency": "", "words": ""}).status_code == 400
    assert client.post(there, {"urgency": "worse", "words": "My knee locks."}).status_code == 302
    page = client.get(there).content.decode()
    assert "3 February 2026" in page
    request = SeeRequest.objects.get()
    assert (request.through, request.recorded_by_name) == ("online", "The patient")
    assert client.get(reverse("my_health:topics")).status_code == 403
    with pytest.raises(UserError, match="time for it has ended"):
        codes.make(access=who, follow_up=ww.subject(row), until=TODAY - timedelta(days=1))
    with pytest.raises(ValueError, match="a code is for"):
        codes.make(access=who)
