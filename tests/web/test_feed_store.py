"""Keeping messages: once, whole, and what they add up to in the same transaction."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from feed_store_support import arrived, at, er7, event, everything, kept, take

from wherry.web.beds.models import BedEvent
from wherry.web.feed import changes, lateness, rows, store
from wherry.web.feed.arrived import Arrived, Outcome
from wherry.web.feed.models import Message, MessageState, Patient, Sender, Stay, Visit
from wherry.web.feed.settling import UNKNOWN_VISIT

pytestmark = pytest.mark.django_db

ADMISSION = event("A01", 10, 5, place=1, details={"surname": "Aldous", "nhs_number": "9990000018", "specialty": "300"})


def test_a_message_is_kept_whole_with_what_it_says() -> None:
    assert take(ADMISSION) == [Outcome("A01-10", repeated=False)]
    message = kept("A01-10")
    assert bytes(message.raw) == er7(ADMISSION)
    assert (message.trigger, message.visit_key, message.patient_key) == ("A01", "RM1|V1", "RM1|P1")
    assert (message.recorded_at, message.occurred_at, message.state) == (at(10), at(5), "applied")
    visit = Visit.objects.get()
    assert (visit.standing, visit.admitted_at, visit.bed_key) == ("in_bed", at(5), "RM102|AMU|A|2")
    assert (visit.site, visit.ward, visit.here_since, visit.specialty) == ("RM102", "AMU", at(5), "300")
    assert (visit.person_key, visit.visit_number, visit.doubts) == ("RM1|P1", "V1", [])
    assert Patient.objects.values_list("surname", "nhs_number", "local_number").get() == ("Aldous", "9990000018", "P1")
    assert Stay.objects.values_list("position", "bed_key", "from_at", "to_at").get() == (
        0,
        "RM102|AMU|A|2",
        at(5),
        None,
    )


def test_the_very_same_message_is_not_kept_twice() -> None:
    take(ADMISSION)
    before, version = everything(), changes.version(["RM1"])
    assert take(ADMISSION, ADMISSION) == [Outcome("A01-10", repeated=True)] * 2
    assert everything() == before
    assert changes.version(["RM1"]) == version
    assert Message.objects.count() == 1


def test_repeated_within_one_batch() -> None:
    assert [one.repeated for one in take(ADMISSION, ADMISSION)] == [False, True]
    assert Message.objects.count() == 1


def test_the_same_number_with_other_content_is_another_message() -> None:
    take(ADMISSION)
    other = event("A01", 10, 6, place=2)
    assert take(other) == [Outcome("A01-10", repeated=False)]
    assert Message.objects.filter(control_id="A01-10").count() == 2


def test_the_same_number_of_another_sender_is_another_message() -> None:
    store.take([arrived(ADMISSION), arrived(ADMISSION, "ED")])
    assert Message.objects.count() == Sender.objects.count() == 2
    assert Stay.objects.count() == 1


def test_nothing_came() -> None:
    assert store.take([]) == []


def test_a_sender_is_known_by_what_it_told_last() -> None:
    store.take([arrived(ADMISSION, received=50), arrived(event("A03", 60), received=70)])
    store.take([arrived(event("A08", 20), received=60)])
    sender = Sender.objects.get()
    assert (sender.code, sender.organisation) == ("RM1|PAS", "RM1")
    assert (sender.last_received_at, sender.last_recorded_at) == (at(70), at(60))


def test_a_moment_in_the_future_does_not_hide_that_a_sender_is_late() -> None:
    now = datetime.now(UTC)
    far = er7(ADMISSION).replace(b"20260714081000", b"20990714081000")
    store.take([Arrived("RM1|PAS", "1", "mllp", now, far)])
    told = Sender.objects.get().last_recorded_at
    assert told is not None
    assert now <= told <= datetime.now(UTC)
    [doubt] = Visit.objects.get().doubts
    assert "A01 says it was recorded at 09:10 on 14 July 2099, after it came" in doubt
    assert lateness.late(now=now) == []
    assert [one.since for one in lateness.late(now=now + timedelta(hours=1))] == [told]


def test_open_pages_are_told_of_the_organisation_that_changed() -> None:
    take(ADMISSION)
    before = changes.version(["RM1"]), changes.version(["RGP"])
    take(event("A03", 60))
    assert changes.version(["RM1"]) > before[0]
    assert changes.version(["RGP"]) == before[1]


def test_what_cannot_be_read_waits_with_its_reason_and_spoils_nothing() -> None:
    bad = er7(ADMISSION).replace(b"|V1|", b"||")
    outcomes = take(bad, b"\x00\xff not a message", ADMISSION, b"")
    assert [bool(one.waiting) for one in outcomes] == [True, True, False, True]
    assert outcomes[0].waiting == "PV1-19 (visit number) is empty. It must be there."
    assert Message.objects.filter(state=MessageState.WAITING, event__isnull=True, visit_key="").count() == 3
    assert Visit.objects.get().standing == "in_bed"
    assert take(bad)[0] == Outcome("", repeated=True, waiting=outcomes[0].waiting)


def test_a_sender_without_a_name_and_one_too_long() -> None:
    long = Arrived("A" * 30 + "|" + "B" * 90, "1" * 300, "mllp", at(0), er7(ADMISSION))
    outcomes = store.take([Arrived("", "", "mllp", at(0), b"x"), long])
    assert "longer than 10 characters" in outcomes[1].waiting
    assert outcomes[1].control_id == "1" * 300
    assert sorted(Sender.objects.values_list("code", flat=True)) == ["A" * 10 + "|" + "B" * 49, "|"]


def test_a_visit_of_which_nothing_is_known_waits_for_its_admission() -> None:
    change = event("A08", 20, details={"surname": "Bligh", "specialty": "430"})
    assert take(change)[0].waiting == UNKNOWN_VISIT
    assert (Visit.objects.count(), kept("A08-20").state) == (0, MessageState.WAITING)
    take(ADMISSION)
    assert (kept("A08-20").state, kept("A08-20").reason) == (MessageState.APPLIED, "")
    assert Visit.objects.get().specialty == "430"
    assert Patient.objects.get().surname == "Bligh"


def test_a_cancel_that_comes_first_waits_and_then_cancels() -> None:
    assert take(event("A11", 30))[0].waiting == UNKNOWN_VISIT
    assert take(ADMISSION)[0].waiting == ""
    assert (Visit.objects.get().standing, Stay.objects.count()) == ("cancelled", 0)


def test_text_is_cut_to_its_column_with_a_doubt() -> None:
    raw = er7(ADMISSION).replace(b"Aldous", b"A" * 400).replace(b"|300|", b"|" + b"3" * 30 + b"|")
    assert take(raw)[0].waiting == ""
    assert len(Patient.objects.get().surname) == 100
    visit = Visit.objects.get()
    assert visit.specialty == "3" * 10
    assert "Specialty is longer than 10 characters: it was cut." in visit.doubts
    assert "Surname is longer than 100 characters: it was cut." in visit.doubts


def test_moves_change_their_rows_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    take(ADMISSION, event("A04", 0, place=0))
    kept_rows = list(Stay.objects.order_by("position").values())
    written: list[tuple[str, Any]] = []
    write = rows.write

    def watch(model: Any, fields: Any, given: Any, key: Any) -> None:
        given = list(given)
        written.extend((model.__name__, row[:2]) for row in given if model is not Message)
        write(model, fields, given, key)

    monkeypatch.setattr(rows, "write", watch)
    take(event("A02", 60, place=2))
    assert [name for name, _ in written] == ["Visit", "Stay", "Stay"]
    assert Stay.objects.order_by("position").values()[0] == kept_rows[0]
    written.clear()
    take(event("A08", 70))
    assert [name for name, _ in written] == ["Visit"]


def test_if_the_database_fails_nothing_was_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    take(event("A04", 0, place=0))
    before = everything()

    def fail(*_: Any) -> None:
        raise DatabaseError("the disk is full")

    monkeypatch.setattr(rows, "write_stays", fail)
    with pytest.raises(DatabaseError):
        take(ADMISSION)
    monkeypatch.undo()
    assert everything() == before
    assert take(ADMISSION) == [Outcome("A01-10", repeated=False)]


def test_a_visit_that_cannot_be_worked_out_waits_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from wherry.web.feed import settling

    derive = settling.derive

    def fail(events: Any, persons: Any) -> Any:
        if events[0].visit_key == "RM1|V9":
            raise OverflowError
        return derive(events, persons)

    monkeypatch.setattr(settling, "derive", fail)
    outcomes = take(ADMISSION, event("A01", 11, visit_key="RM1|V9", patient_key="RM1|P9"))
    assert [one.waiting for one in outcomes] == ["", settling.NOT_WORKED_OUT]
    assert list(Visit.objects.values_list("pk", flat=True)) == ["RM1|V1"]


def test_bed_statuses_become_events_of_beds_once() -> None:
    close = event("A20", 10, 5, place=2, bed_status="close:other")
    occupied = event("A20", 20, place=2, bed_status="")
    assert [one.waiting for one in take(close, close, occupied)] == ["", "", ""]
    bed = BedEvent.objects.get()
    assert (bed.bed_key, bed.organisation, bed.act, bed.why) == ("RM102|M1|A|3", "RM1", "close", "other")
    assert (bed.occurred_at, bed.recorded_at, bed.message_id) == (at(5), at(10), kept("A20-10").pk)
    store.withdraw(kept("A20-10"))
    assert not BedEvent.objects.exists()
    store.put_back(kept("A20-10"))
    assert BedEvent.objects.count() == 1


def test_the_status_of_a_bed_that_nobody_has_waits() -> None:
    raw = er7(event("A20", 10, place=2, bed_status="open")).replace(b"M1^A^3", b"M1^Q^99")
    assert "NPU-1 names bed RM102 M1 Q 99, which is in no ward" in take(raw)[0].waiting
    assert not BedEvent.objects.exists()


def test_what_a_person_does_with_a_waiting_message() -> None:
    take(event("A08", 20, details={"specialty": "430"}))
    message = kept("A08-20")
    assert store.set_aside(message).state == MessageState.SET_ASIDE
    take(ADMISSION)
    assert Visit.objects.get().specialty == "300"
    assert store.put_back(message).state == MessageState.APPLIED
    assert Visit.objects.get().specialty == "430"


def test_a_message_taken_back_and_put_back() -> None:
    take(ADMISSION, event("A02", 60, place=2))
    before = everything(states=False)
    store.withdraw(kept("A02-60"))
    assert Visit.objects.get().ward == "AMU"
    store.withdraw(kept("A01-10"))
    assert (Visit.objects.count(), Stay.objects.count(), Patient.objects.count()) == (0, 0, 0)
    assert [kept(number).state for number in ("A01-10", "A02-60")] == [MessageState.WITHDRAWN] * 2
    store.put_back(kept("A02-60"))
    store.put_back(kept("A01-10"))
    assert everything(states=False) == before


def test_a_message_is_read_again_when_the_map_knows_more(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from wherry.web.feed import reading

    raw = er7(ADMISSION).replace(b"|RM1|", b"|RXX|")
    take(raw)
    message = Message.objects.get()
    assert store.apply_again(message).state == MessageState.WAITING
    more = reading.codes()
    monkeypatch.setattr(reading, "codes", lambda: replace(more, sites={**more.sites, "RXX": "RXX01"}))
    assert store.apply_again(message).state == MessageState.APPLIED
    assert (message.reason, Visit.objects.get().pk) == ("", "RXX|V1")
    assert message.received_at == at(1000)


def test_a_message_from_long_ago_and_one_from_far_ahead() -> None:
    old = event("A01", 10, place=1, visit_key="RM1|V2", patient_key="RM1|P2")
    raw = er7(old).replace(b"20260714081000", b"18500101000000")
    take(raw, er7(ADMISSION).replace(b"202607140810", b"219912312359"))
    assert Visit.objects.get(pk="RM1|V2").admitted_at == datetime(1850, 1, 1, tzinfo=UTC)
    assert store.rederive_all() == {}
