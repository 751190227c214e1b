"""The feed pages: totals without names for everybody, the queue with names for those who work on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from beds_now_support import stop_clock
from django.test import Client
from feed_support import AT, a40, keep, person, unreadable
from feed_wire import adt

from wherry.web.access import Role
from wherry.web.access.models import AuditEvent
from wherry.web.components import live
from wherry.web.feed import lateness, plainly
from wherry.web.feed.models import Message, Sender

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clean() -> None:
    live.forget()


def test_empty_pages_say_what_would_be_here(client_for: Callable[..., Client]) -> None:
    client = client_for(Role.SITE_MANAGER)
    assert "wherry flow listen" in client.get("/live-feed/").content.decode()
    assert "Nothing waits" in client.get("/live-feed/queue/").content.decode()
    for view, words in {"merges": "No two numbers", "twice": "No control number", "doubts": "adds up"}.items():
        assert words in client.get(f"/live-feed/queue/?view={view}").content.decode()


def test_senders_their_counts_and_who_is_late(client_for: Callable[..., Client]) -> None:
    stop_clock(AT + timedelta(minutes=12))
    keep(adt("1"), unreadable("2"))
    keep(adt("3", organisation="RGP"), organisation="RGP")
    Sender.objects.filter(organisation="RGP").update(late_after_minutes=60)
    page = client_for(Role.EXECUTIVE).get("/live-feed/").content.decode()
    assert "3 messages</strong> today" in page
    assert "1 message waits</strong>" in page
    assert "The feed from RM1 PAS is late: nothing is known after 3 April 2026 at 10:00" in page
    assert "RGP PAS is late" not in page
    assert "TESTER" not in page
    assert "minutes-" not in page


def test_lateness_follows_the_clock_of_live_pages() -> None:
    keep(adt("1"))
    sender = Sender.objects.get()
    told = sender.last_recorded_at
    assert told is not None
    limit = timedelta(minutes=sender.late_after_minutes)
    assert lateness.late(now=told + limit) == []
    [late] = lateness.late(["RM1"], told + limit + timedelta(minutes=1))
    assert (late.sender, late.since, late.minutes) == ("RM1|PAS", told, 16)
    assert lateness.late(["RGP"], told + timedelta(days=9)) == []
    Sender.objects.update(late_after_minutes=0)
    assert lateness.sentences(now=told + timedelta(days=9)) == []


def test_the_queue_says_why_and_what_and_writes_who_was_shown(client_for: Callable[..., Client]) -> None:
    keep(unreadable("2"))
    keep(unreadable("9", "RGP"), organisation="RGP")
    page = client_for(Role.SITE_MANAGER, ("RM1",)).get("/live-feed/queue/").content.decode()
    assert "TESTER, Tess, 12345 (MR), NHS 999 000 0018" in page
    assert "MSH-9 (message type)" in page
    assert "ward AMU, bay A, bed A1 at RM102" in page
    assert page.count("TESTER") == 1
    line = AuditEvent.objects.filter(action="feed.listed").latest("sequence")
    assert str(Message.objects.get(control_id="2").pk) in line.detail


def test_a_message_is_read_corrected_and_undone_on_its_page(client_for: Callable[..., Client]) -> None:
    [wrong] = keep(adt("7").replace(b"|V1\r", b"|\r"))
    client = client_for(Role.SITE_MANAGER, ("RM1",))
    address = f"/live-feed/queue/{wrong.pk}/"
    page = client.get(address).content.decode()
    assert "Place</th><td>ward AMU, bay A, bed A1 at RM102" in page
    assert "Happened</th><td>3 April 2026 at 09:55" in page
    assert AuditEvent.objects.filter(action="feed.message_opened", subject_key=str(wrong.pk)).count() == 1
    form = {"act": "correct", "seen": "waiting-0", "reason": "", "text": adt("7", visit="V7").decode()}
    refused = client.post(f"{address}act/", form)
    assert refused.status_code == 400
    assert "Write why: what did you check?" in refused.content.decode()
    assert "|V7" in refused.content.decode()
    done = client.post(f"{address}act/", form | {"reason": "The ward gave the number"}, follow=True)
    shown = done.content.decode()
    assert "The corrected message is applied" in shown
    assert "Put it back because" in shown
    new = Message.objects.get(door="person")
    assert f"/live-feed/queue/{new.pk}/" in shown
    replaced = client.get(f"/live-feed/queue/{new.pk}/").content.decode()
    assert "corrected by Test" in replaced
    assert client.post(f"{address}act/", form | {"reason": "Again"}).status_code == 400


def test_lists_of_merges_numbers_used_twice_doubts_and_decisions(client_for: Callable[..., Client]) -> None:
    stop_clock(AT)
    keep(person("1", "100", "ABLE", "V1"), person("2", "200", "BAKER", "V2", bed="A2"), a40("3", "100", "200"))
    keep(person("1", "100", "ABLE", "V3", bed="A3"))
    keep(adt("20", trigger="A13", visit="V2"))
    client = client_for(Role.SITE_MANAGER, ("RM1",))

    def page(view: str) -> str:
        return client.get(f"/live-feed/queue/?view={view}").content.decode()

    merges = page("merges")
    assert "ABLE, Tess (100, born 1 January 1950) became BAKER, Tess (200, born 1 January 1950)" in merges
    assert "They differ in surname" in merges
    assert page("twice").count("A01 admitted") == 3  # the number, and both times
    assert "A discharge was cancelled" in page("doubts")
    merge = Message.objects.get(trigger="A40")
    client.post(
        f"/live-feed/queue/{merge.pk}/act/",
        {"act": "withdraw", "reason": "Two sisters", "seen": "applied-0"},
    )
    assert "Two sisters" in page("worked")
    assert "Taken back by a person" in page("merges")


def test_everything_that_waits_can_be_tried_again_at_once(client_for: Callable[..., Client]) -> None:
    [wrong] = keep(unreadable("2"))
    Message.objects.filter(pk=wrong.pk).update(raw=adt("2"))
    shown = client_for(Role.SITE_MANAGER, ("RM1",)).post("/live-feed/queue/", follow=True).content.decode()
    assert "1 message tried again: 1 applied." in shown


def test_a_message_that_is_no_hl7_is_shown_by_what_was_read_from_it() -> None:
    [message] = keep(adt("1"))
    message.raw = b'{"resourceType": "Bundle"}'
    shown = plainly.of(message)
    assert (shown.says("PID-5"), shown.says("PV1-19")) == ("TESTER, Tess", "V1")
    assert shown.says("EVN-6") == "3 April 2026 at 09:55"
    assert "Bundle" in shown.text


def test_any_bytes_can_be_shown() -> None:
    for raw in (b"", b"\xff\x00\x0b", b"MSH|", b"MSH|^~\\&|\xff", adt("1") + b"OBX|1|TS|ED_SEEN||20260403\rOBX|\rPID"):
        assert plainly.plain(raw).text is not None
    shown = plainly.plain(adt("1") + b'OBX|1|TS|ED_SEEN||202604030912+0000\rPV2||||||||""\r')
    assert shown.says("OBX ED_SEEN") == "3 April 2026 at 10:12"
    assert shown.says("PV2-8") == "(removed)"
