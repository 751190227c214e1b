"""Referrals, places and alerts of virtual wards as they are kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import beds_now_support as beds
import pytest
import virtual_support as vw
from beds_now_support import NOW, live_position, stop_clock
from django.core.exceptions import PermissionDenied
from django.db import connections

from wherry.web.access import Role
from wherry.web.access.access import access_of
from wherry.web.access.models import AuditEvent, User
from wherry.web.virtual import leave_services, services, stay_services, taking, watch
from wherry.web.virtual.common import Refused
from wherry.web.virtual.models import Alert, AlertAct, Duty, Reading, Referral, Staffed, WardStay

MakeUser = Callable[..., User]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(db: None, no_data: object) -> None:
    stop_clock()


def few_places(places: int) -> None:
    Staffed.objects.create(
        provider="RM1", pathway="frailty", places=places, from_on=NOW.date(), reason="t", set_by_name="t", set_at=NOW
    )


def test_a_referral_is_accepted_only_when_every_criterion_is_answered() -> None:
    made = vw.referral()
    assert (made.direction, made.state) == ("step_up", "waiting")
    unknown = vw.suited("frailty") | {"agrees": "unknown"}
    for answers, words in ((unknown, "not answered"), (vw.suited("frailty") | {"opat_only": "yes"}, "antibiotics")):
        with pytest.raises(Refused, match=words):
            services.accept(access=vw.access(), referral_id=made.pk, answers=answers, clinician_id=None, version=1)
    stay = services.accept(
        access=vw.access(), referral_id=made.pk, answers=vw.suited("frailty"), clinician_id=None, version=1
    )
    assert (stay.live_place, stay.clinician_name, stay.times) == ("RM1|frailty|1", "Test Vera", ["09:00", "17:00"])
    assert [(each.kind, each.lower) for each in stay.limits.all()] == [("systolic", 100)]
    made.refresh_from_db()
    assert (made.state, made.live_person, made.decided_by_name) == ("accepted", None, "Test Vera")
    said = list(AuditEvent.objects.order_by("sequence").values_list("action", flat=True))
    assert said == ["virtual.referred", "virtual.accepted"]


def test_a_ward_refers_down_from_a_bed_only_of_its_own_trust(make_user: MakeUser) -> None:
    position = live_position()
    visit = next(each for each in position.visits.values() if each.standing == "in_bed" and each.organisation == "RM1")
    nurse = access_of(make_user(Role.WARD_NURSE, ("RM1",), "nurse"))
    made = services.refer(
        access=nurse, provider="RM1", pathway="frailty", source="ward", reason="Could go home", visit_key=visit.key
    )
    assert (made.direction, made.visit_key, made.from_organisation) == ("step_down", visit.key, "RM1")
    with pytest.raises(Refused, match="has referred this patient to RM1"):
        services.refer(
            access=nurse, provider="RY3", pathway="frailty", source="ward", reason="Again", visit_key=visit.key
        )
    elsewhere = access_of(make_user(Role.WARD_NURSE, ("RCX",), "other"))
    with pytest.raises(PermissionDenied):
        services.refer(
            access=elsewhere, provider="RM1", pathway="frailty", source="ward", reason="x", visit_key=visit.key
        )
    with pytest.raises(Refused, match="in one of its beds"):
        vw.referral(5, source="ward")


def test_the_second_of_two_is_told_who_decided() -> None:
    made = vw.referral()
    services.refuse_referral(access=vw.access("first"), referral_id=made.pk, reason="Needs a scan", version=1)
    with pytest.raises(Refused, match="Test First has refused it while you were writing"):
        services.accept(
            access=vw.access(), referral_id=made.pk, answers=vw.suited("frailty"), clinician_id=None, version=1
        )
    services.reopen(access=vw.access(), referral_id=made.pk, reason="By mistake", version=2)
    assert Referral.objects.get(pk=made.pk).state == "waiting"


def test_a_full_ward_says_who_filled_the_last_place() -> None:
    few_places(1)
    vw.stay(1)
    second = vw.referral(2)
    with pytest.raises(Refused, match="All 1 places are filled; the last was filled by Test Vera"):
        services.accept(
            access=vw.access(), referral_id=second.pk, answers=vw.suited("frailty"), clinician_id=None, version=1
        )
    assert Referral.objects.get(pk=second.pk).state == "waiting"


def test_nobody_is_on_two_virtual_wards() -> None:
    vw.stay(1)
    again = vw.referral(1, pathway="respiratory")
    with pytest.raises(Refused, match="on a virtual ward already"):
        services.accept(
            access=vw.access(), referral_id=again.pk, answers=vw.suited("respiratory"), clinician_id=None, version=1
        )


def test_a_breach_raises_one_alert_that_is_answered_by_a_name() -> None:
    stay = vw.stay(at=NOW - timedelta(hours=4))
    assert vw.send(stay, NOW - timedelta(hours=3)).alerts == 0
    assert vw.send(stay, NOW - timedelta(hours=2), respiratory_rate=26, pulse=115).alerts == 1
    assert vw.send(stay, NOW - timedelta(hours=1), respiratory_rate=26, pulse=115).alerts == 0
    alert = Alert.objects.get()
    assert (alert.cause, alert.level) == ("news2", "urgent")
    assert alert.words == "NEWS2 is 5, 3 for breaths a minute (medium risk)"
    watch.answer(access=vw.access(), stay_id=stay.pk, alert_ids=[alert.pk], text="Rang, nurse goes at 15:00")
    with pytest.raises(Refused, match="Test Vera answered it first"):
        watch.answer(access=vw.access("second"), stay_id=stay.pk, alert_ids=[alert.pk], text="Me too")
    assert vw.send(stay, NOW, respiratory_rate=26, pulse=135).alerts == 0  # 6: still medium
    worse = vw.send(stay, NOW + timedelta(hours=1), respiratory_rate=26, pulse=135, oxygen_saturation=91)
    alert.refresh_from_db()
    assert (worse.alerts, alert.level, alert.is_open, Alert.objects.count()) == (1, "emergency", True, 1)
    assert list(alert.acts.values_list("act", flat=True)) == ["raised", "answered", "raised"]
    vw.send(stay, NOW + timedelta(hours=2))
    alert.refresh_from_db()
    assert alert.ended_at is not None
    assert alert.is_open


def test_what_was_never_asked_of_anybody_is_missed_and_passed_on() -> None:
    stay = vw.stay(at=NOW - timedelta(hours=30))
    for position, name in enumerate(("one", "two", "three"), start=1):
        Duty.objects.create(
            provider="RM1",
            position=position,
            person=vw.worker(name),
            person_name=name,
            from_at=NOW - timedelta(days=1),
            set_by_name="t",
        )
    assert watch.sweep(["RM1"], NOW) == 1
    alert = Alert.objects.get()
    assert alert.cause == "missing"
    assert alert.words == "Nothing was sent in time of what was asked"
    assert watch.sweep(["RM1"], NOW + timedelta(minutes=59)) == 0
    assert watch.sweep(["RM1"], NOW + timedelta(minutes=61)) == 1
    assert watch.sweep(["RM1"], NOW + timedelta(minutes=62)) == 0
    assert watch.sweep(["RM1"], NOW + timedelta(minutes=76)) == 1
    told = list(AlertAct.objects.filter(act="passed_on").order_by("pk").values_list("to_name", flat=True))
    assert told == ["two", "three"]
    stay.refresh_from_db()
    assert [each["cause"] for each in stay.ongoing] == ["missing"]


def test_wrong_units_impossible_values_and_doubtful_patients_are_never_used() -> None:
    stay = vw.stay()
    at = NOW - timedelta(hours=1)
    bad = [
        *vw.incoming(stay, at, pulse=700),
        vw.incoming(stay, at, temperature=36.8)[0].__class__(
            "RM1|KIT", "temperature", 310, "K", at, at, nhs_number=stay.nhs_number, birth_date=stay.birth_date
        ),
        vw.incoming(stay, at, pulse=80)[0].__class__(
            "RM1|KIT", "pulse", 80, "/min", at, at, nhs_number=stay.nhs_number
        ),
    ]
    done = taking.take(bad, door="hl7")
    assert (done.used, done.apart, done.waiting) == (0, 2, 1)
    reasons = sorted(Reading.objects.values_list("reason", flat=True))
    assert reasons[0].startswith("Pulse a minute of 700 /min cannot be")
    assert reasons[1].startswith('Temperature came in "K"')
    assert reasons[2] == "the NHS number came without a birth date, and no known device"
    again = taking.take(bad, door="hl7")
    assert (again.repeated, Reading.objects.count()) == (3, 3)
    waiting = Reading.objects.get(state="waiting")
    assert waiting.provider == "RM1"
    taking.assign(access=vw.access(), reading_id=waiting.pk, stay_id=stay.pk, reason="Rang the patient")
    assert Reading.objects.get(pk=waiting.pk).state == "used"
    taking.take_back(access=vw.access(), reading_id=waiting.pk, reason="Mistake")
    assert Reading.objects.get(pk=waiting.pk).state == "waiting"


def test_a_device_tells_whose_a_reading_is_while_it_is_given() -> None:
    stay = vw.stay()
    stay_services.give_device(access=vw.access(), stay_id=stay.pk, version=1, number="KIT-7", description="Oximeter")
    from wherry.flow.virtual.incoming import Incoming

    row = Incoming("RM1|KIT", "59408-5", 95, "%", NOW, NOW, system="http://loinc.org", device="KIT-7")
    assert taking.take([row], door="fhir").used == 1
    other = vw.stay(2)
    with pytest.raises(Refused, match="another patient of RM1 has it"):
        stay_services.give_device(
            access=vw.access(), stay_id=other.pk, version=1, number="KIT-7", description="Oximeter"
        )
    stay_services.device_back(access=vw.access(), stay_id=stay.pk, version=2, number="KIT-7")


def test_scale_2_is_set_by_a_named_clinician_and_scores_from_then_on() -> None:
    stay = vw.stay(pathway="heart_failure")
    vw.send(stay, NOW - timedelta(hours=1), oxygen_saturation=90)
    assert WardStay.objects.get(pk=stay.pk).scores[-1]["least"] == 3
    with pytest.raises(Refused, match="Say why"):
        stay_services.set_scale(access=vw.access(), stay_id=stay.pk, version=1, scale=2, reason=" ")
    stay_services.set_scale(access=vw.access(), stay_id=stay.pk, version=1, scale=2, reason="COPD, target 88 to 92%")
    vw.send(stay, NOW + timedelta(minutes=40), oxygen_saturation=90)
    after = WardStay.objects.get(pk=stay.pk)
    assert [each["least"] for each in after.scores] == [3, 0]
    assert (after.scale, after.scale_by_name) == (2, "Test Vera")


def test_a_stay_ends_with_a_plan_and_can_be_taken_back() -> None:
    stay = vw.stay()
    given = {"outcome": "plan", "to_whom": "GP", "follow_up": "Call in a week", "plan": "Inhaler", "version": 1}
    with pytest.raises(Refused, match="Tick that you are sure"):
        leave_services.end(access=vw.access(), stay_id=stay.pk, sure=False, **given)  # type: ignore[arg-type]
    left = leave_services.end(access=vw.access(), stay_id=stay.pk, sure=True, **given)  # type: ignore[arg-type]
    assert (left.live_place, left.state) == (None, "ended")
    assert "PATIENT1, Jo" in left.letter
    assert "Call in a week" in left.letter
    back = leave_services.back_on_ward(access=vw.access(), stay_id=stay.pk, version=2, reason="Worse again")
    assert (back.live_place, back.state, back.letter) == ("RM1|frailty|1", "on", "")


def test_a_bed_is_asked_for_once_and_arranged_by_the_site_manager(make_user: MakeUser) -> None:
    stay = vw.stay()
    asked = {"organisation": "RM1", "level": "urgent", "reason": "Needs IV fluids"}
    leave_services.ask_for_bed(access=vw.access(), stay_id=stay.pk, version=1, **asked)
    with pytest.raises(Refused, match="Test Vera has asked for a bed already"):
        leave_services.ask_for_bed(access=vw.access(), stay_id=stay.pk, version=2, **asked)
    site = access_of(make_user(Role.SITE_MANAGER, ("RM1",), "site"))
    done = leave_services.end_bed_request(access=site, stay_id=stay.pk, arranged=True, why="AMU bay A bed 3")
    assert (done.state, done.ended_by_name) == ("arranged", "Test Site")


def test_the_second_of_two_at_one_patient_is_told_who_was_first() -> None:
    stay = vw.stay()
    stay_services.note(access=vw.access("first"), stay_id=stay.pk, version=1, text="Rang the daughter")
    with pytest.raises(Refused, match="Test First did: noted"):
        stay_services.review(access=vw.access(), stay_id=stay.pk, version=1, text="Better")
    assert stay.reviews.count() == 0


def test_a_review_moves_the_next_one_and_can_be_taken_back() -> None:
    stay = vw.stay()
    due = stay.next_review_at
    stay_services.review(access=vw.access(), stay_id=stay.pk, version=1, text="Better")
    stay.refresh_from_db()
    assert stay.next_review_at == NOW + timedelta(hours=24)
    stay_services.undo_review(access=vw.access(), stay_id=stay.pk, version=2, reason="Wrong patient")
    stay.refresh_from_db()
    assert stay.next_review_at == due
    assert stay.reviews.get().undone_by_name == "Test Vera"


def test_limits_are_set_from_now_on_and_the_history_stays() -> None:
    stay = vw.stay()
    given = {"kind": "systolic", "lower": 110.0, "reason": "Usually 150"}
    stay_services.set_limit(access=vw.access(), stay_id=stay.pk, version=1, **given)  # type: ignore[arg-type]
    history = [(each.lower, each.to_at is None) for each in stay.limits.order_by("pk")]
    assert history == [(100, False), (110, True)]
    with pytest.raises(Refused, match="upper limit must be above"):
        stay_services.set_limit(
            access=vw.access(), stay_id=stay.pk, version=2, kind="pulse", lower=90, upper=60, reason="x"
        )
    stay_services.end_limit(access=vw.access(), stay_id=stay.pk, version=2, kind="systolic", reason="Stable")
    assert not stay.limits.filter(to_at=None).exists()


def test_an_admission_within_thirty_days_of_leaving_is_linked() -> None:
    stay = vw.stay()
    given = {"outcome": "plan", "to_whom": "GP", "follow_up": "None", "plan": "x"}
    leave_services.end(access=vw.access(), stay_id=stay.pk, version=1, sure=True, **given)
    who = beds.patient("RM1", "Patient1", "Jo", born=vw.BORN, nhs_number=vw.number(1))
    soon = NOW + timedelta(days=30)
    visit = beds.visit(who, [("RM102|M1|A|3", soon)], admitted_at=soon)
    beds.visit(who, [("RM102|M1|A|4", soon)], admitted_at=soon + timedelta(minutes=1))
    stay.refresh_from_db()
    assert [each.key for each in leave_services.readmissions(stay)] == [visit.key]
    leave_services.link_readmission(access=vw.access(), stay_id=stay.pk, version=2, visit_key=visit.key)
    with pytest.raises(Refused, match="no admission of this patient"):
        leave_services.link_readmission(access=vw.access(), stay_id=stay.pk, version=3, visit_key="RM1|other")


def test_a_reading_set_aside_leaves_its_alert_open_and_says_so() -> None:
    stay = vw.stay(at=NOW - timedelta(hours=4))
    vw.send(stay, NOW - timedelta(hours=1), oxygen_saturation=80)
    alert = Alert.objects.get(cause="news2")
    row = Reading.objects.get(kind="oxygen_saturation")
    taking.set_aside(access=vw.access(), reading_id=row.pk, reason="The probe was off")
    alert.refresh_from_db()
    assert (alert.is_open, alert.borne_out) == (True, False)
    taking.take_back(access=vw.access(), reading_id=row.pk, reason="It was on")
    alert.refresh_from_db()
    assert (alert.borne_out, Alert.objects.filter(cause="news2").count()) == (True, 1)


def test_another_providers_clinician_may_nothing() -> None:
    stay = vw.stay()
    stranger = vw.access("stranger", ("RCX",))
    with pytest.raises(PermissionDenied):
        stay_services.note(access=stranger, stay_id=stay.pk, version=1, text="x")
    with pytest.raises(PermissionDenied):
        watch.answer(access=stranger, stay_id=stay.pk, alert_ids=[1], text="x")


def test_two_who_accept_at_once_never_fill_more_than_there_is(two_writers: None, no_data: object) -> None:
    stop_clock()
    few_places(2)
    made = [vw.referral(place) for place in range(1, 5)]
    done: list[str] = []
    gate = threading.Barrier(4)

    def accept(pk: int) -> None:
        try:
            gate.wait()
            services.accept(
                access=vw.access(), referral_id=pk, answers=vw.suited("frailty"), clinician_id=None, version=1
            )
            done.append("accepted")
        except Refused as refused:
            done.append(str(refused)[:24])
        finally:
            connections.close_all()

    threads = [threading.Thread(target=accept, args=(each.pk,)) for each in made]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(done) == ["All 2 places are filled;"] * 2 + ["accepted"] * 2
    assert sorted(WardStay.objects.values_list("live_place", flat=True)) == ["RM1|frailty|1", "RM1|frailty|2"]
