"""The unplanned care hub on screen: offers, answers, deadlines, two people at once, and who may see what."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from unplanned_support import ASKED, NOW, ambulance, call, hub, minutes, stop_clock

from wherry.synthetic.flow.side import Call as FileCall
from wherry.synthetic.flow.side import Person, as_line
from wherry.web.access import Role
from wherry.web.access.models import AuditEvent
from wherry.web.components import live
from wherry.web.emergency.models import AmbulanceIncident, AmbulanceLoad
from wherry.web.unplanned import loading, selectors, services
from wherry.web.unplanned.models import Call, CallAct
from wherry.web.unplanned.services import Refused


@pytest.fixture
def now(db: None) -> None:
    stop_clock()
    live.forget()


def test_a_call_from_offer_to_end_keeps_who_was_responsible(now: None) -> None:
    crew, nurse = ambulance(), hub()
    made = call(crew)
    made = services.do(access=crew, call_id=made.pk, act="offer", version=0, words="Daughter is with him")
    assert (made.version, made.ever_offered, made.open) == (1, True, True)
    stop_clock(minutes(3))
    services.do(access=nurse, call_id=made.pk, act="accept", version=1)
    stop_clock(minutes(60))
    services.do(access=nurse, call_id=made.pk, act="dispatch", version=2, code="ucr", happened_at=minutes(10))
    services.do(access=nurse, call_id=made.pk, act="attend", version=3, happened_at=minutes(55))
    done = services.do(access=nurse, call_id=made.pk, act="close", version=4, code="treated", words="GP told")
    assert not done.open
    found = selectors.measured(NOW - timedelta(hours=1), minutes(61), minutes(61))
    assert (found.two_hours.count, found.two_hours.of) == (1, 1)
    lines = AuditEvent.objects.filter(subject_kind="call", subject_key=str(made.pk)).order_by("sequence")
    said = [(line.action, json.loads(line.detail).get("responsible")) for line in lines]
    assert said == [
        ("call.entered", None),
        ("call.offer", "ambulance"),
        ("call.accept", "hub"),
        ("call.dispatch", "hub"),
        ("call.attend", "hub"),
        ("call.close", "hub"),
    ]


def test_after_the_deadline_the_hub_cannot_accept_and_the_ambulance_service_sees_it_back(now: None) -> None:
    crew, nurse = ambulance(), hub()
    made = call(crew)
    services.do(access=crew, call_id=made.pk, act="offer", version=0)
    stop_clock(minutes(10))
    with pytest.raises(Refused, match="Nobody answered in time"):
        services.do(access=nurse, call_id=made.pk, act="accept", version=1)
    board = selectors.board(crew, minutes(10))
    assert [line.call.pk for line in board.back] == [made.pk]
    assert not selectors.board(nurse, minutes(10)).answer
    services.do(access=crew, call_id=made.pk, act="offer", version=1)
    assert selectors.board(nurse, minutes(11)).answer


@pytest.mark.parametrize(
    ("more", "what", "said"),
    [
        ({"signs": {**ASKED, "stroke": None}}, {}, "Ask first"),
        ({"category": "1"}, {}, "speaks against it"),
        ({"category": "1"}, {"overrule": True}, "Say why"),
    ],
)
def test_an_offer_needs_every_sign_asked_and_a_reason_against_the_screen(
    now: None, more: dict[str, object], what: dict[str, bool], said: str
) -> None:
    crew = ambulance()
    made = call(crew, **more)
    with pytest.raises(Refused, match=said):
        services.do(access=crew, call_id=made.pk, act="offer", version=0, **what)  # type: ignore[arg-type]
    assert not CallAct.objects.exists()


def test_nothing_is_offered_while_the_hub_is_closed(now: None) -> None:
    crew = ambulance()
    stop_clock(NOW.replace(hour=20))
    made = call(crew)
    with pytest.raises(Refused, match="closed until 08:00"):
        services.do(access=crew, call_id=made.pk, act="offer", version=0)


def test_neither_side_does_what_is_the_others(now: None) -> None:
    crew, nurse = ambulance(), hub()
    made = call(crew)
    with pytest.raises(PermissionDenied):
        services.do(access=nurse, call_id=made.pk, act="offer", version=0)
    services.do(access=crew, call_id=made.pk, act="offer", version=0)
    with pytest.raises(PermissionDenied):
        services.do(access=crew, call_id=made.pk, act="accept", version=1)
    with pytest.raises(PermissionDenied):
        services.do(access=hub("other", "RM1"), call_id=made.pk, act="accept", version=1)


def test_a_call_is_nobodys_elses_before_it_is_offered(now: None, client_for: Callable[..., Client]) -> None:
    made = call(ambulance())
    nurse, other = client_for(Role.HUB_CLINICIAN, ("RY3",)), client_for(Role.AMBULANCE_CLINICIAN, ("RX9",))
    assert nurse.get(f"/unplanned-care/call/{made.pk}/").status_code == 404
    assert other.get(f"/unplanned-care/call/{made.pk}/").status_code == 404
    assert b"Overstrand" not in nurse.get("/unplanned-care/").content


def test_the_second_of_two_is_told_who_was_first(now: None) -> None:
    crew, one, two = ambulance(), hub("first"), hub("second")
    made = call(crew)
    services.do(access=crew, call_id=made.pk, act="offer", version=0)
    services.do(access=one, call_id=made.pk, act="accept", version=1)
    with pytest.raises(Refused, match="Test First was first: accepted"):
        services.do(access=two, call_id=made.pk, act="refuse", version=1, code="capacity")
    assert CallAct.objects.filter(act="refuse").count() == 0


def test_two_answers_at_the_same_moment_leave_one(two_writers: None) -> None:
    stop_clock()
    crew, people = ambulance(), [hub("one"), hub("two")]
    made = call(crew)
    services.do(access=crew, call_id=made.pk, act="offer", version=0)
    ready, said = threading.Barrier(2), []

    def answer(who: int) -> None:
        ready.wait()
        try:
            act = "accept" if who else "refuse"
            services.do(access=people[who], call_id=made.pk, act=act, version=1, code="capacity")  # type: ignore[arg-type]
            said.append("done")
        except Refused as refused:
            said.append(str(refused))
        finally:
            connection.close()

    threads = [threading.Thread(target=answer, args=(who,)) for who in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said)[1] == "done" or sorted(said)[0] == "done"
    assert said.count("done") == 1
    assert CallAct.objects.filter(call=made).count() == 2
    Call.objects.filter(pk=made.pk).update(open=False)


def test_pages_say_who_is_responsible_and_log_who_was_shown(now: None, client_for: Callable[..., Client]) -> None:
    crew = ambulance()
    made = call(crew)
    services.do(access=crew, call_id=made.pk, act="offer", version=0)
    nurse = client_for(Role.HUB_CLINICIAN, ("RY3",))
    board = nurse.get("/unplanned-care/").content.decode()
    assert "OVERSTRAND, John" in board
    assert "10 min left to answer (by 14:30)" in board
    page = nurse.get(f"/unplanned-care/call/{made.pk}/").content.decode()
    assert "The ambulance service is responsible" in page
    answer = nurse.post(f"/unplanned-care/call/{made.pk}/accept/", {"version": 1}, follow=True).content.decode()
    assert "The hub is responsible" in answer
    wrong = nurse.post(
        f"/unplanned-care/call/{made.pk}/dispatch/", {"version": 2, "happened_at": "25:10", "code": "ucr"}
    )
    assert wrong.status_code == 400
    assert "is not a time: write it as 14:05" in wrong.content.decode()
    shown = AuditEvent.objects.filter(action="call.shown")
    assert shown.count() == 1
    assert AuditEvent.objects.filter(action="call.opened", subject_key=str(made.pk)).count() == 4


def test_a_call_entered_in_the_browser_says_what_is_wrong_field_by_field(
    now: None, client_for: Callable[..., Client]
) -> None:
    crew = client_for(Role.AMBULANCE_CLINICIAN, ("RYC",))
    form = {"source": "", "incident": "", "birth_date": "31/2/1940", "age": "old", "nhs_number": "12"}
    page = crew.post("/unplanned-care/new/", form)
    assert page.status_code == 400
    assert "write it as 3/4/2026" in page.content.decode()
    good = {"source": "999", "incident": "A 7", "category": "3", "condition": "fall", "age": "84", "surname": "Snape"}
    assert crew.post("/unplanned-care/new/", good).status_code == 302
    assert crew.post("/unplanned-care/new/", good).status_code == 400
    assert Call.objects.get().signs == dict.fromkeys(ASKED)


def test_calls_of_a_file_come_once_and_bad_lines_say_where(now: None, tmp_path: Path) -> None:
    person = Person(
        "9990000018", "Overstrand", "John", NOW.date().replace(year=1942), "male", "1 Quay", "NR1 1AA", "x", "y"
    )
    row = FileCall(NOW, "C1", "999", NOW, "I1", 3, "fall", "Fell", person, 52.6, 1.3, 0.9, False, True, False, "")
    path = tmp_path / "calls.jsonl"
    path.write_text(as_line(row) + "\n{}\n" + as_line(row).replace('"C1"', '"C2"') + "\n", encoding="utf-8")
    done = loading.load(path, "RYC")
    assert (done.new, done.repeated, len(done.left_out)) == (2, 0, 1)
    assert "calls.jsonl line 2" in done.left_out[0]
    again = loading.load(path, "RYC")
    assert (again.new, again.repeated) == (0, 2)
    assert not CallAct.objects.exists()


def test_an_undone_visit_no_longer_counts(now: None) -> None:
    crew, nurse = ambulance(), hub()
    made = call(crew)
    services.do(access=crew, call_id=made.pk, act="offer", version=0)
    services.do(access=nurse, call_id=made.pk, act="accept", version=1)
    services.do(access=nurse, call_id=made.pk, act="dispatch", version=2, code="ucr")
    services.do(access=nurse, call_id=made.pk, act="attend", version=3)
    with pytest.raises(Refused, match="Say why"):
        services.do(access=nurse, call_id=made.pk, act="undo", version=4)
    services.do(access=nurse, call_id=made.pk, act="undo", version=4, words="Wrong patient")
    found = selectors.measured(NOW - timedelta(hours=1), minutes(1), minutes(1))
    assert (found.two_hours.count, found.two_hours.pending) == (0, 1)
    assert selectors.board(nurse, NOW).on_way


def test_the_mean_response_to_category_2_stands_beside_its_targets(
    now: None, client_for: Callable[..., Client]
) -> None:
    load = AmbulanceLoad.objects.create(
        file="x", digest="", loaded_at=NOW, loaded_by_name="", lines=3, new=3, changed=0, older=0, refused=0
    )
    for number, took in enumerate((20, 50, None)):
        called = minutes(-120)
        arrived = minutes(-120 + took) if took is not None else None
        AmbulanceIncident.objects.create(
            number=f"N{number}",
            known_at=NOW,
            digest="",
            load=load,
            category="2",
            called_at=called,
            arrived_on_scene_at=arrived,
        )
    crew = ambulance()
    made = call(crew)
    services.do(access=crew, call_id=made.pk, act="offer", version=0)
    page = client_for(Role.ANALYST).get("/unplanned-care/figures/").content.decode()
    assert "35.0 minutes" in page
    assert "2 reached, 1 not yet" in page
    assert f"at least {(20 + 50 + 120) / 3:.1f} minutes" in page
    assert "30 minutes by the Joint Forward Plan; 25 this year" in page
