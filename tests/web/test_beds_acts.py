"""What people do with beds: closing, cleaning, escalating, holding; who may, who was first, what ends by itself."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from accounts_support import account
from beds_now_support import NOW, hours, live_position, patient, stop_clock, visit
from django.core.exceptions import PermissionDenied
from django.db import connection

from wherry.web.access import Role
from wherry.web.access.access import Access, access_of
from wherry.web.access.models import AuditEvent, User
from wherry.web.beds import history_page, placings, selectors, services
from wherry.web.beds.models import BedEvent, Placing, PlacingState
from wherry.web.beds.services import Refused
from wherry.web.feed import changes
from wherry.web.feed.models import Patient, Stay, Visit

FREE, CLEANING, SINGLE, MEN = "RM102|M1|A|4", "RM102|M1|A|3", "RM102|M1|S|2", "RM102|M1|C|3"


def site_manager(*organisations: str, name: str = "simon") -> Access:
    return access_of(account(Role.SITE_MANAGER, organisations or ("RM1",), name))


def status(key: str) -> str:
    return selectors.at(NOW).beds[key].status


@pytest.mark.django_db
def test_a_bed_is_closed_and_opened_with_a_reason_and_a_trace() -> None:
    live_position()
    access, before = site_manager(), changes.version(["RM1"])
    services.act(access=access, bed_keys=[FREE], what="close", why="staffing", note=" two short\x00 ")
    assert status(FREE) == "closed"
    event = BedEvent.objects.get()
    assert (event.why, event.note, event.made_by_name, event.occurred_at) == (
        "staffing",
        "two short",
        "Test Simon",
        NOW,
    )
    assert changes.version(["RM1"]) > before
    line = AuditEvent.objects.get(action="beds.close")
    assert (line.subject_key, line.organisation) == (FREE, "RM1")
    services.act(access=access, bed_keys=[FREE], what="open")
    assert status(FREE) == "free"


@pytest.mark.django_db
def test_a_bed_that_was_closed_for_infection_is_cleaned_before_it_is_used() -> None:
    live_position()
    access = site_manager()
    services.act(access=access, bed_keys=[FREE], what="close", why="infection")
    services.act(access=access, bed_keys=[FREE], what="open")
    assert status(FREE) == "cleaning"
    services.act(access=access, bed_keys=[FREE], what="clean_done")
    assert status(FREE) == "free"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("key", "what", "more", "words"),
    [
        (FREE, "open", {}, "is not closed"),
        (FREE, "clean_done", {}, "does not wait to be cleaned"),
        (CLEANING, "clean_start", {}, "waits to be cleaned already"),
        ("RM102|M1|A|1", "clean_start", {}, "Somebody lies in M1 A1"),
        (FREE, "close", {}, "Choose why"),
        (FREE, "close", {"why": "other"}, "other reason"),
        (FREE, "close", {"why": "staffing", "note": "x" * 301}, "300 characters"),
        (FREE, "escalate", {}, "is a staffed bed"),
        ("RM102|ESC|A|1", "stand_down", {}, "is not opened"),
        (FREE, "burn", {}, "Choose what happened"),
        ("RM102|M1|Z|1", "close", {"why": "staffing"}, "on the map"),
    ],
)
def test_acts_that_make_no_sense_are_refused_and_nothing_is_recorded(
    key: str, what: str, more: dict[str, str], words: str
) -> None:
    live_position()
    with pytest.raises(Refused, match=words):
        services.act(access=site_manager(), bed_keys=[key], what=what, **more)
    assert not BedEvent.objects.exists()
    assert not AuditEvent.objects.filter(action__startswith="beds.").exists()


@pytest.mark.django_db
def test_of_two_who_act_on_a_bed_the_second_reads_who_was_first() -> None:
    live_position()
    services.act(access=site_manager(), bed_keys=[CLEANING], what="clean_done", seen="0")
    with pytest.raises(Refused, match="Test Simon was first"):
        services.act(access=site_manager(name="wanda"), bed_keys=[CLEANING], what="clean_start", seen="0")
    assert BedEvent.objects.count() == 1


@pytest.mark.django_db
def test_beds_of_another_organisation_are_left_alone() -> None:
    live_position()
    with pytest.raises(PermissionDenied):
        services.act(access=site_manager("RGP"), bed_keys=[FREE], what="close", why="staffing")
    nurse = access_of(account(Role.WARD_NURSE, ("RM1",), "nurse"))
    services.act(access=nurse, bed_keys=[CLEANING], what="clean_done")
    with pytest.raises(PermissionDenied):
        placings.hold(access=nurse, bed_key=FREE, for_whom="x", organisation="RM1")


@pytest.mark.django_db
def test_extra_beds_are_opened_together_and_stood_down_when_empty() -> None:
    live_position()
    access, beds = site_manager(), ["RM102|ESC|A|1", "RM102|ESC|A|2"]
    services.act(access=access, bed_keys=beds, what="escalate")
    assert {status(key) for key in beds} == {"free"}
    visit(patient("RM1", "Abbotsley"), ((beds[0], hours(1)),))
    with pytest.raises(Refused, match="Somebody lies in ESC A1"):
        services.act(access=access, bed_keys=beds, what="stand_down")
    assert status(beds[1]) == "free", "all or none"
    services.act(access=access, bed_keys=beds[1:], what="stand_down")
    assert status(beds[1]) == "shut"


@pytest.mark.django_db
def test_a_bed_is_held_for_one_patient_and_a_patient_has_one_bed() -> None:
    made = live_position()
    access = site_manager()
    placing = placings.hold(access=access, bed_key=FREE, visit_key=made.key("Guist"))
    assert (placing.organisation, placing.from_organisation, placing.cross_site) == ("RM1", "RM1", False)
    assert placing.expires_at == NOW + timedelta(hours=2)
    assert placing.rules[0]["rule"] == "bed"
    assert status(FREE) == "held"
    other = site_manager("RM1", "RGP", name="maya")
    with pytest.raises(Refused, match="Test Simon was first: M1 A4 is held until 16:20"):
        placings.hold(access=other, bed_key=FREE, visit_key=made.key("Heydon"), reason="x")
    with pytest.raises(Refused, match="Test Simon holds M1 A4 for this patient already"):
        placings.hold(access=other, bed_key=SINGLE, visit_key=made.key("Guist"))
    assert Placing.objects.count() == 1


@pytest.mark.django_db
def test_rules_that_warn_are_overruled_with_a_reason_that_is_kept_and_others_never() -> None:
    made = live_position()
    access = site_manager()
    with pytest.raises(Refused, match=r"waits to be cleaned.*say why"):
        placings.hold(access=access, bed_key=CLEANING, visit_key=made.key("Guist"))
    placing = placings.hold(access=access, bed_key=CLEANING, visit_key=made.key("Guist"), reason="cleaners are there")
    kept = next(one for one in placing.rules if one["verdict"] == "warns")
    assert (kept["overruled_by"], kept["reason"]) == ("Test Simon", "cleaners are there")
    with pytest.raises(Refused, match="beside men"):
        placings.hold(access=access, bed_key=MEN, visit_key=made.key("Abbotsley"), reason="please")
    with pytest.raises(Refused, match="Somebody lies in"):
        placings.hold(access=access, bed_key="RM102|M1|A|1", visit_key=made.key("Heydon"), reason="please")


@pytest.mark.django_db
def test_across_hospitals_the_receiving_manager_sees_it_and_may_release_it() -> None:
    made = live_position()
    sender = site_manager("RM1", name="sender")
    placing = placings.hold(access=sender, bed_key="RGP75|M1|A|2", visit_key=made.key("Guist"))
    assert (placing.organisation, placing.from_organisation) == ("RGP", "RM1")
    assert (placing.cross_site, placing.out_of_area) == (True, True), "she lives in Norwich"
    assert placing.expires_at == NOW + timedelta(minutes=300)
    with pytest.raises(PermissionDenied):
        placings.release(access=site_manager("RCX", name="third"), placing_id=placing.pk, reason="no")
    receiver = site_manager("RGP", name="receiver")
    with pytest.raises(Refused, match="Say why"):
        placings.release(access=receiver, placing_id=placing.pk, reason=" ")
    placings.release(access=receiver, placing_id=placing.pk, reason="our own patient needs it")
    placing.refresh_from_db()
    assert (placing.state, placing.ended_by_name) == (PlacingState.RELEASED, "Test Receiver")
    with pytest.raises(Refused, match=r"ended already.*Test Receiver"):
        placings.release(access=sender, placing_id=placing.pk, reason="me too")
    [month] = history_page.months()
    assert (month["held"], month["cross"], month["away"], month["came"]) == (1, 1, 1, 0)


@pytest.mark.django_db
def test_a_patient_of_another_organisation_cannot_be_placed() -> None:
    made = live_position()
    with pytest.raises(PermissionDenied):
        placings.hold(access=site_manager("RGP"), bed_key="RGP75|M1|A|2", visit_key=made.key("Guist"))
    with pytest.raises(PermissionDenied):
        placings.hold(access=site_manager("RGP", name="b"), bed_key="RGP75|M1|A|2", for_whom="x", organisation="RM1")


@pytest.mark.django_db
def test_a_hold_runs_out_by_itself_and_the_bed_may_be_held_again() -> None:
    made = live_position()
    access = site_manager()
    first = placings.hold(access=access, bed_key=FREE, visit_key=made.key("Guist"))
    stop_clock(NOW + timedelta(hours=2))
    assert selectors.at(NOW + timedelta(hours=2)).beds[FREE].status == "free"
    second = placings.hold(access=access, bed_key=FREE, for_whom="transfer from elsewhere", organisation="RM1")
    first.refresh_from_db()
    assert (first.state, first.ended_at) == (PlacingState.EXPIRED, NOW + timedelta(hours=2))
    assert second.state == PlacingState.HELD
    assert AuditEvent.objects.get(action="beds.expired").actor == "system: beds"
    assert selectors.at(NOW + timedelta(hours=1)).beds[FREE].hold is not None, "the past stays as it was"


@pytest.mark.django_db
def test_a_hold_is_extended_up_to_the_longest_time() -> None:
    made = live_position()
    access = site_manager()
    placing = placings.hold(access=access, bed_key=FREE, visit_key=made.key("Guist"))
    seen = placing.expires_at.isoformat()
    with pytest.raises(Refused, match="for as long as"):
        placings.extend(access=access, placing_id=placing.pk)
    stop_clock(NOW + timedelta(hours=1))
    placing = placings.extend(access=access, placing_id=placing.pk, seen=seen)
    assert placing.expires_at == NOW + timedelta(hours=3)
    with pytest.raises(Refused, match="Somebody else extended it first"):
        placings.extend(access=access, placing_id=placing.pk, seen=seen)
    for hour in range(2, 11):
        stop_clock(NOW + timedelta(hours=hour))
        placing = placings.extend(access=access, placing_id=placing.pk)
    assert placing.expires_at == NOW + timedelta(hours=12)


@pytest.mark.django_db
def test_a_hold_is_fulfilled_when_the_feed_shows_the_patient_there() -> None:
    made = live_position()
    placing = placings.hold(access=site_manager(), bed_key=FREE, visit_key=made.key("Guist"))
    stay = Stay.objects.get(visit_id=made.key("Guist"))
    Stay.objects.filter(pk=stay.pk).update(to_at=NOW)
    Stay.objects.create(
        visit_id=made.key("Guist"), position=1, site="RM102", ward="M1", bay="A", bed="4", bed_key=FREE, from_at=NOW
    )
    picture = selectors.at(NOW)
    assert placings.unsettled(picture)
    assert placings.settle(NOW, picture) == 1
    assert placings.settle(NOW) == 0
    placing.refresh_from_db()
    assert (placing.state, placing.ended_at, placing.live_bed, placing.live_visit) == (
        *(PlacingState.FULFILLED, NOW, None, None),
    )
    assert not placings.unsettled(selectors.at(NOW))
    [month] = history_page.months()
    assert (month["held"], month["came"]) == (1, 1)


@pytest.mark.django_db
def test_a_patient_sent_to_another_hospital_is_known_there_by_their_nhs_number() -> None:
    made = live_position()
    placing = placings.hold(access=site_manager(), bed_key="RGP75|M1|A|2", visit_key=made.key("Guist"))
    number = Patient.objects.get(pk=Visit.objects.get(pk=made.key("Guist")).person_key).nhs_number
    visit(patient("RGP", "Guist", nhs_number=number), (("RGP75|M1|A|2", NOW),))
    placings.settle(NOW)
    placing.refresh_from_db()
    assert placing.state == PlacingState.FULFILLED


@pytest.mark.django_db
def test_somebody_else_in_a_held_bed_is_said_at_once() -> None:
    made = live_position()
    placings.hold(access=site_manager(), bed_key=FREE, visit_key=made.key("Guist"))
    visit(patient("RM1", "Bexwell"), ((FREE, NOW),))
    state = selectors.at(NOW).beds[FREE]
    assert state.status == "occupied"
    assert "held for somebody else" in state.doubts[0]
    assert placings.settle(NOW) == 0


def test_two_people_at_the_same_moment_cannot_place_into_one_bed(two_writers: None) -> None:
    made = live_position()
    waiting = [made.key("Guist"), visit(patient("RM1", "Felbrigg"), (("RM102|ED|MAJORS|9", hours(2)),), specialty="300",
               infection="none", decided_at=hours(1)).key]  # fmt: skip
    Visit.objects.filter(pk__in=waiting).update(infection="none")
    people = [account(Role.SITE_MANAGER, ("RM1",), name) for name in ("anna", "bert")]
    start, said = threading.Barrier(2), []

    def place(user: User, key: str) -> None:
        try:
            start.wait(120)
            placings.hold(access=access_of(user), bed_key=FREE, visit_key=key, reason="both")
            said.append("held")
        except Refused as refused:
            said.append(str(refused))
        finally:
            connection.close()

    for _ in range(3):
        said.clear()
        threads = [threading.Thread(target=place, args=pair) for pair in zip(people, waiting, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(300)
        assert len(said) == 2
        assert said.count("held") == 1
        other = next(words for words in said if words != "held")
        [live] = Placing.objects.filter(state=PlacingState.HELD)
        assert f"{live.made_by_name} was first: M1 A4 is held until" in other
        placings.release(access=access_of(people[0]), placing_id=live.pk, reason="again")
        start.reset()
