"""The acts of the queue: try again, correct, set aside, take back, put back; audited, undoable, two people at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied
from feed_support import AT, a40, keep, person, unreadable
from feed_wire import adt

from wherry.web.access import Role
from wherry.web.access.access import Access, access_of
from wherry.web.access.models import AuditEvent, User
from wherry.web.feed import selectors, services
from wherry.web.feed.arrived import Arrived
from wherry.web.feed.listener.keeping import Parcel, keep_unread
from wherry.web.feed.models import Message, MessageDecision, Patient, Sender, Visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(make_user: Callable[..., User]) -> Access:
    return access_of(make_user(Role.SITE_MANAGER, ("RM1",), "manager"))


def do(access: Access, message: Message, act: str, reason: str = "Checked with the ward", text: str = "") -> str:
    message.refresh_from_db()
    seen = services.seen(message, selectors.decisions(message))
    return services.act(access=access, message=message, act=act, reason=reason, text=text, seen=seen)


def test_a_wrong_merge_is_taken_back_and_put_back(manager: Access) -> None:
    keep(person("1", "100", "ABLE", "V1"), person("2", "200", "BAKER", "V2", bed="A2"))
    [merge] = keep(a40("3", "100", "200"))
    assert merge.state == "applied"
    assert Patient.objects.get(pk="RM1|100").merged_into == "RM1|200"
    assert Visit.objects.get(pk="RM1|V1").person_key == "RM1|200"
    assert list(selectors.merges(manager)) == [merge]

    assert "as if it had never come" in do(manager, merge, "withdraw")
    assert Patient.objects.get(pk="RM1|100").merged_into == ""
    assert Visit.objects.get(pk="RM1|V1").person_key == "RM1|100"
    assert list(selectors.merges(manager)) == [merge]

    assert do(manager, merge, "put_back") == "It is applied."
    assert Visit.objects.get(pk="RM1|V1").person_key == "RM1|200"
    acts = list(MessageDecision.objects.order_by("pk").values_list("act", "was", "made_by_name"))
    assert acts == [("withdraw", "applied", "Test Manager"), ("put_back", "withdrawn", "Test Manager")]
    lines = AuditEvent.objects.filter(subject_kind="message", subject_key=str(merge.pk)).order_by("sequence")
    assert [line.action for line in lines] == ["feed.withdraw", "feed.put_back"]
    assert "Checked with the ward" in lines[0].detail


def test_a_correction_is_a_message_of_its_own_and_the_original_stays(manager: Access) -> None:
    [wrong] = keep(adt("7", trigger="A01").replace(b"|V1\r", b"|\r"))
    assert wrong.state == "waiting"
    assert "PV1-19" in wrong.reason
    text = adt("7", trigger="A01", visit="V77").decode().replace("\r", "\r\n")
    assert "is applied. The original stays" in do(manager, wrong, "correct", text=text)
    wrong.refresh_from_db()
    assert wrong.state == "set_aside"
    decision = wrong.decisions.get()
    assert decision.replacement is not None
    assert (decision.replacement.door, decision.replacement.state) == ("person", "applied")
    assert bytes(decision.replacement.raw) == adt("7", trigger="A01", visit="V77")
    assert Visit.objects.filter(pk="RM1|V77").exists()
    with pytest.raises(services.Refused, match="counts in its place"):
        do(manager, wrong, "put_back")
    do(manager, decision.replacement, "withdraw")
    assert not Visit.objects.filter(pk="RM1|V77").exists()
    assert "still waits" in do(manager, wrong, "put_back")


def test_an_applied_message_can_be_corrected_too(manager: Access) -> None:
    [first] = keep(person("1", "100", "ABLE", "V1", bed="A1"))
    do(manager, first, "correct", text=person("1", "100", "ABLE", "V1", bed="A4").decode())
    assert Visit.objects.get(pk="RM1|V1").bed_key == "RM102|AMU|A|A4"
    first.refresh_from_db()
    assert first.state == "withdrawn"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nonsense", "must begin with MSH"),
        ("", "must begin with MSH"),
        (adt("7", organisation="RGP").decode(), "MSH-4 must stay RM1"),
        (unreadable("7").decode(), "here already"),
        (adt("7", "||||||8859/1").decode().replace("TESTER", "\N{SNOWMAN}"), "cannot be written"),
        (adt("7").decode() + "NTE|" + "x" * 200_000, "under 100,000 bytes"),
    ],
)
def test_a_correction_that_is_no_message_of_this_sender_changes_nothing(manager: Access, text: str, why: str) -> None:
    [wrong] = keep(unreadable("7"))
    with pytest.raises(services.Refused, match=why):
        do(manager, wrong, "correct", text=text)
    wrong.refresh_from_db()
    assert wrong.state == "waiting"
    assert Message.objects.count() == 1
    assert not MessageDecision.objects.exists()


def test_setting_aside_asks_why_and_can_be_undone(manager: Access) -> None:
    [wrong] = keep(unreadable("7"))
    with pytest.raises(services.Refused, match="Write why"):
        do(manager, wrong, "set_aside", reason=" \x00 ")
    assert "does not count" in do(manager, wrong, "set_aside")
    assert list(selectors.waiting(manager)) == []
    assert list(selectors.worked(manager)) == [wrong]
    assert "still waits: MSH-9" in do(manager, wrong, "put_back")
    assert list(selectors.waiting(manager)) == [wrong]


def test_trying_again_applies_what_goes_by_now(manager: Access) -> None:
    [wrong] = keep(unreadable("7"))
    assert "still waits" in do(manager, wrong, "again", reason="")
    Message.objects.filter(pk=wrong.pk).update(raw=adt("7"))  # as if the reader knew the kind by now
    keep(unreadable("8"))
    assert services.again_all(access=manager) == (2, 1)
    wrong.refresh_from_db()
    assert wrong.state == "applied"
    assert Visit.objects.filter(pk="RM1|V1").exists()
    assert AuditEvent.objects.filter(action="feed.again", subject_key=str(wrong.pk)).count() == 2


def test_who_comes_second_is_told_who_was_first(manager: Access, make_user: Callable[..., User]) -> None:
    other = access_of(make_user(Role.SITE_MANAGER, ("RM1",), "other"))
    [wrong] = keep(unreadable("7"))
    seen = services.seen(wrong, [])
    do(other, wrong, "set_aside", reason="A test message")
    with pytest.raises(services.Refused, match=r"Test Other decided about it first, on .*A test message"):
        services.act(access=manager, message=wrong, act="set_aside", reason="Mine", text="", seen=seen)
    assert MessageDecision.objects.count() == 1


def test_what_the_feed_itself_has_applied_meanwhile_is_said(manager: Access) -> None:
    [move] = keep(adt("2", trigger="A08", visit="V9"))
    assert move.state == "waiting"
    seen = services.seen(move, [])
    keep(adt("1", visit="V9"))
    with pytest.raises(services.Refused, match="The feed has changed it meanwhile: applied"):
        services.act(access=manager, message=move, act="set_aside", reason="Not ours", text="", seen=seen)


def test_messages_of_other_organisations_are_not_there(manager: Access) -> None:
    [other] = keep(unreadable("7", "RGP"), organisation="RGP")
    assert selectors.message(manager, other.pk) is None
    assert list(selectors.waiting(manager)) == []


def test_a_message_that_belongs_to_nobody_is_seen_and_not_read(manager: Access) -> None:
    arrived = Arrived("unknown|unknown", "unnamed-1", "mllp", AT, b"?")
    keep_unread(Parcel(arrived, "The message does not begin with an MSH segment"))
    [nobodys] = selectors.waiting(manager)
    assert services.possible(manager, nobodys) == ("set_aside",)
    with pytest.raises(PermissionDenied):
        do(manager, nobodys, "correct", text=adt("1").decode())
    do(manager, nobodys, "set_aside")


def test_a_watch_is_changed_by_who_may(manager: Access) -> None:
    keep(adt("1"))
    keep(adt("1", organisation="RGP"), organisation="RGP")
    mine, others = Sender.objects.get(organisation="RM1"), Sender.objects.get(organisation="RGP")
    assert services.watch(access=manager, sender_id=mine.pk, minutes=0) == "RM1 PAS is not watched any more."
    assert services.watch(access=manager, sender_id=others.pk, minutes=5) is None
    with pytest.raises(services.Refused, match="Write minutes"):
        services.watch(access=manager, sender_id=mine.pk, minutes=-1)
    assert Sender.objects.get(pk=mine.pk).late_after_minutes == 0
