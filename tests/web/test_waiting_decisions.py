"""Decisions: who may make them, what they must say, what they do to the list, and that nothing is ever lost."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, connections
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st
from snapshot_factory import Made, write_snapshot
from waiting_support import CONFIRM, TODAY, clock, doubtful, rows

from wherry.web import snapshot
from wherry.web.access.access import access_of
from wherry.web.access.models import AuditEvent, User
from wherry.web.access.permissions import Role
from wherry.web.waiting import overlay, rules, services, worklist
from wherry.web.waiting.models import State, ValidationCase, ValidationDecision
from wherry.web.waiting.queue import Queue
from wherry.web.waiting.selectors import WaitingList
from wherry.web.waiting.services import Answer, DecidedAlready, Refused

pytestmark = pytest.mark.django_db
Users = Callable[..., User]
TREATED = Answer(
    kind="correct",
    correction="stop",
    stop_status="30",
    stop_on=TODAY,
    evidence="Operation note of the day",
    reason="Treated, and not recorded",
)
REMOVED = Answer(kind="remove", stop_status="34", stop_on=TODAY, reason="Discharged; letter sent on the day")
MONITORED = Answer(
    kind="monitor", stop_status="32", stop_on=TODAY, review_on=TODAY + timedelta(weeks=12), reason="Agreed to wait"
)
STAYS = Answer(kind="stay", weeks=6, reason="Still needs the operation")
ASKED = Answer(kind="ask", reason="Is this treatment?")


def _decide(user: User, key: str, answer: Answer, version: int = 0) -> ValidationDecision:
    return services.decide(
        access=access_of(user), clock=clock(user, key), expected_version=version, answer=answer, today=TODAY
    )


def _state(user: User, key: str) -> int:
    row = WaitingList(access_of(user)).row(key)
    assert row is not None
    return int(row["state"])


def _in_queue(user: User, key: str) -> bool:
    queue = Queue(access_of(user))
    keys = queue.listing.frame.table["pathway_key"]
    return key in {keys[int(n)].as_py() for n in queue.rows(queue.read(QueryDict("")))}


def _count(user: User, query: str = "") -> int:
    listing = WaitingList(access_of(user))
    return listing.select(listing.read(QueryDict(query))[0]).headline.count


# --- who may ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [STAYS, MONITORED, REMOVED])
def test_a_manager_cannot_decide_what_is_clinical(handmade: Made, make_user: Users, answer: Answer) -> None:
    with pytest.raises(PermissionDenied):
        _decide(make_user(Role.WAITING_LIST_MANAGER), doubtful(handmade, "stale"), answer)


@pytest.mark.parametrize("answer", [CONFIRM, TREATED, ASKED])
def test_a_clinician_cannot_decide_what_is_technical(handmade: Made, make_user: Users, answer: Answer) -> None:
    with pytest.raises(PermissionDenied):
        _decide(make_user(Role.CLINICIAN), doubtful(handmade, "stale"), answer)


def test_nobody_decides_for_another_trust(handmade: Made, make_user: Users) -> None:
    here = make_user(Role.WAITING_LIST_MANAGER, ("RM1",), "here")
    there = make_user(Role.WAITING_LIST_MANAGER, ("RGP",), "there")
    asked = clock(here, doubtful(handmade, "stale", "RM1"))
    with pytest.raises(PermissionDenied):
        services.decide(access=access_of(there), clock=asked, expected_version=0, answer=CONFIRM, today=TODAY)


@pytest.mark.parametrize("code", ["31", "32", "33", "34", "35", "20", "", "99"])
def test_a_manager_can_only_ask_for_the_stops_that_the_record_proves(
    handmade: Made, make_user: Users, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        _decide(make_user(Role.WAITING_LIST_MANAGER), doubtful(handmade, "stale"), replace(TREATED, stop_status=code))
    assert "stop_status" in refused.value.errors


@pytest.mark.parametrize("code", ["30", "33", "34", "35", "36", ""])
def test_active_monitoring_is_only_31_or_32(handmade: Made, make_user: Users, code: str) -> None:
    with pytest.raises(Refused) as refused:
        _decide(make_user(Role.CLINICIAN), doubtful(handmade, "stale"), replace(MONITORED, stop_status=code))
    assert "stop_status" in refused.value.errors


# --- what it must say ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "answer", "field"),
    [
        (Role.WAITING_LIST_MANAGER, replace(CONFIRM, reason="  "), "reason"),
        (Role.WAITING_LIST_MANAGER, replace(CONFIRM, reason="x" * 4001), "reason"),
        (Role.WAITING_LIST_MANAGER, replace(CONFIRM, weeks=0), "weeks"),
        (Role.WAITING_LIST_MANAGER, replace(CONFIRM, weeks=13), "weeks"),
        (Role.WAITING_LIST_MANAGER, replace(CONFIRM, weeks=None), "weeks"),
        (Role.WAITING_LIST_MANAGER, replace(TREATED, evidence=""), "evidence"),
        (Role.WAITING_LIST_MANAGER, replace(TREATED, correction=""), "correction"),
        (Role.WAITING_LIST_MANAGER, replace(TREATED, stop_on=None), "stop_on"),
        (Role.WAITING_LIST_MANAGER, replace(TREATED, stop_on=TODAY + timedelta(days=1)), "stop_on"),
        (Role.WAITING_LIST_MANAGER, replace(TREATED, stop_on=date(1999, 1, 1)), "stop_on"),
        (Role.WAITING_LIST_MANAGER, replace(TREATED, correction="start", start_on=None), "start_on"),
        (Role.WAITING_LIST_MANAGER, replace(TREATED, correction="start", start_on=date(2027, 1, 1)), "start_on"),
        (Role.WAITING_LIST_MANAGER, replace(ASKED, asked_of=10**9), "asked_of"),
        (Role.CLINICIAN, replace(MONITORED, review_on=None), "review_on"),
        (Role.CLINICIAN, replace(MONITORED, review_on=TODAY + timedelta(weeks=12, days=1)), "review_on"),
        (Role.CLINICIAN, replace(MONITORED, review_on=TODAY), "review_on"),
        (Role.CLINICIAN, replace(REMOVED, stop_on=None), "stop_on"),
        (Role.CLINICIAN, replace(REMOVED, stop_status="30"), "evidence"),
        (Role.CLINICIAN, replace(REMOVED, stop_status="31"), "stop_status"),
    ],
)
def test_an_answer_that_the_rules_do_not_allow_is_refused_by_field_and_leaves_nothing(
    handmade: Made, make_user: Users, role: Role, answer: Answer, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        _decide(make_user(role), doubtful(handmade, "stale"), answer)
    assert field in refused.value.errors
    assert not ValidationDecision.objects.exists()
    assert not AuditEvent.objects.filter(action__startswith="validation.").exists()


def test_a_manager_asks_a_clinician_of_the_same_trust(handmade: Made, make_user: Users) -> None:
    manager = make_user(Role.WAITING_LIST_MANAGER)
    near, far = make_user(Role.CLINICIAN, ("RM1",), "near"), make_user(Role.CLINICIAN, ("RCX",), "far")
    key = doubtful(handmade, "stale", "RM1")
    with pytest.raises(Refused):
        _decide(manager, key, replace(ASKED, asked_of=far.pk))
    _decide(manager, key, replace(ASKED, asked_of=near.pk))
    assert ValidationCase.objects.get(pathway_key=key).asked_of == near
    assert not _in_queue(manager, key)
    assert _state(manager, key) == overlay.ASKED


# --- what it does to the list ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "answer", "state", "on_list"),
    [
        (Role.WAITING_LIST_MANAGER, CONFIRM, overlay.QUIET, True),
        (Role.WAITING_LIST_MANAGER, replace(TREATED, correction="other"), overlay.CORRECTED, True),
        (Role.WAITING_LIST_MANAGER, replace(TREATED, correction="start", start_on=TODAY), overlay.CORRECTED, True),
        (Role.WAITING_LIST_MANAGER, TREATED, overlay.OFF, False),
        (Role.CLINICIAN, STAYS, overlay.QUIET, True),
        (Role.CLINICIAN, MONITORED, overlay.OFF, False),
        (Role.CLINICIAN, REMOVED, overlay.OFF, False),
    ],
)
def test_only_a_decision_that_ends_the_clock_takes_it_off_the_default_view(
    handmade: Made, make_user: Users, role: Role, answer: Answer, state: int, on_list: bool
) -> None:
    user = make_user(role)
    lead = make_user(Role.WAITING_LIST_MANAGER, username="lead")
    key = doubtful(handmade, "stale")
    before = _count(lead)
    decision = _decide(user, key, answer)
    assert _state(lead, key) == state
    assert not _in_queue(lead, key)
    assert _count(lead) == before - (not on_list)
    assert _count(lead, "show=off") == (not on_list)
    assert _count(lead, "show=all") == before
    services.undo(
        access=access_of(lead), clock=clock(lead, key), decision_id=decision.pk, reason="Wrong one", today=TODAY
    )
    assert _count(lead) == before
    assert _in_queue(lead, key)
    assert ValidationDecision.objects.count() == 2


def test_the_analyst_counts_the_same_people_taken_off(handmade: Made, make_user: Users) -> None:
    key = next(r["pathway_key"] for r in rows(handmade) if "stale" in r["findings"] and not r["opted_out"])
    analyst = make_user(Role.ANALYST, username="analyst")
    before = _count(analyst)
    _decide(make_user(Role.CLINICIAN), key, REMOVED)
    assert (_count(analyst), _count(analyst, "show=off")) == (before - 1, 1)


def test_a_decision_counts_as_a_validation_on_its_day(handmade: Made, make_user: Users) -> None:
    user = make_user(Role.WAITING_LIST_MANAGER)
    key = doubtful(handmade, "validation_due")
    assert WaitingList(access_of(user)).row(key)["validated_on"] is None  # type: ignore[index]
    never = _count(user, "validation=never")
    _decide(user, key, CONFIRM)
    assert WaitingList(access_of(user)).row(key)["validated_on"] == TODAY  # type: ignore[index]
    assert _count(user, "validation=never") == never - 1


def test_a_confirmation_holds_until_its_date(handmade: Made, make_user: Users) -> None:
    user = make_user(Role.WAITING_LIST_MANAGER)
    key = doubtful(handmade, "stale")
    _decide(user, key, replace(CONFIRM, weeks=2))
    listing = WaitingList(access_of(user))
    row = listing.frame.find(key)
    for days, state in ((0, overlay.QUIET), (13, overlay.QUIET), (14, overlay.DUE), (400, overlay.DUE)):
        later = overlay.build(listing.snapshot, listing.frame, TODAY + timedelta(days=days), ())
        assert later.states[row] == state, days


def test_a_review_of_active_monitoring_comes_back_to_the_clinicians_on_its_date(
    handmade: Made, make_user: Users
) -> None:
    user = make_user(Role.CLINICIAN)
    key = doubtful(handmade, "stale")
    _decide(user, key, MONITORED)
    listing = WaitingList(access_of(user))
    case = listing.overlay.cases[listing.frame.find(key)]  # type: ignore[index]
    assert not overlay.review_due(case, TODAY + timedelta(weeks=12, days=-1))
    assert overlay.review_due(case, TODAY + timedelta(weeks=12))


# --- a new snapshot --------------------------------------------------------------------------------------------------


@pytest.fixture
def rebuild(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Made]:
    """Write one snapshot after another into one working folder."""
    monkeypatch.setenv("WHERRY_DATA", str(tmp_path))
    count = iter(range(100))

    def build(**changes: object) -> Made:
        return write_snapshot(tmp_path / "hub", snapshot_id=f"one-{next(count)}", **changes)  # type: ignore[arg-type]

    return build


@pytest.mark.parametrize("answer", [CONFIRM, TREATED])
def test_new_evidence_brings_a_decided_clock_back_and_old_evidence_does_not(
    rebuild: Callable[..., Made], make_user: Users, answer: Answer
) -> None:
    key = doubtful(rebuild(), "stale")
    user = make_user(Role.WAITING_LIST_MANAGER)
    everybody = _count(user, "show=all")
    _decide(user, key, answer)
    a_week_later = re.sub(r"\d+ days", "999 days", _evidence(key))
    assert a_week_later != _evidence(key)
    rebuild(evidence={("stale", key): a_week_later})
    assert not _in_queue(user, key)
    rebuild(evidence={("stale", key): "Last event on 1 May 2024, 640 days ago."})
    assert _state(user, key) == overlay.NEWS
    assert _in_queue(user, key)
    assert _count(user) == everybody
    rebuild(later_event=[key])
    assert _state(user, key) == overlay.NEWS
    rebuild()
    assert _state(user, key) == (overlay.QUIET if answer is CONFIRM else overlay.OFF)


def _evidence(key: str) -> str:
    made = snapshot.current()
    assert made is not None
    return overlay.findings_of(made).of([key])[key]["stale"]


def test_a_correction_is_on_the_trusts_worklist_until_its_record_says_the_same(
    rebuild: Callable[..., Made], make_user: Users
) -> None:
    key = doubtful(rebuild(), "treated_but_open")
    trust = key.partition(":")[0]
    user = make_user(Role.WAITING_LIST_MANAGER)
    assert worklist.counts(Queue(access_of(user))) == {}
    _decide(user, key, TREATED)
    queue = Queue(access_of(user))
    assert worklist.counts(queue) == {trust: 1}
    (line,) = worklist.rows(queue, [trust])
    assert dict(zip(worklist.HEADER, line, strict=True))["What the record should say"] == (
        "The clock stops on 2026-01-31 with status 30"
    )
    rebuild(without=[key])
    queue = Queue(access_of(user))
    assert worklist.counts(queue) == {}
    assert WaitingList(access_of(user)).row(key) is None
    assert ValidationCase.objects.get(pathway_key=key).state == State.TAKEN_OFF


# --- undo ------------------------------------------------------------------------------------------------------------


def test_undo_gives_back_the_decision_before_and_keeps_both(handmade: Made, make_user: Users) -> None:
    user = make_user(Role.WAITING_LIST_MANAGER)
    key = doubtful(handmade, "stale")
    _decide(user, key, CONFIRM)
    second = _decide(user, key, TREATED, version=1)
    services.undo(
        access=access_of(user), clock=clock(user, key), decision_id=second.pk, reason="Other patient", today=TODAY
    )
    case = ValidationCase.objects.get(pathway_key=key)
    assert (case.state, case.version) == (State.CONFIRMED, 3)
    assert [d.kind for d in case.decisions.all()] == ["confirm", "correct", "undo"]
    assert [e.action for e in AuditEvent.objects.filter(action__startswith="validation").order_by("sequence")] == [
        "validation.confirm",
        "validation.correct",
        "validation.undo",
    ]


def test_undo_needs_a_reason_and_the_decision_that_stands(handmade: Made, make_user: Users) -> None:
    user = make_user(Role.WAITING_LIST_MANAGER)
    key = doubtful(handmade, "stale")
    first = _decide(user, key, CONFIRM)
    second = _decide(user, key, TREATED, version=1)
    access, open_clock = access_of(user), clock(user, key)
    with pytest.raises(Refused):
        services.undo(access=access, clock=open_clock, decision_id=second.pk, reason=" ", today=TODAY)
    with pytest.raises(DecidedAlready):
        services.undo(access=access, clock=open_clock, decision_id=first.pk, reason="Old", today=TODAY)
    assert ValidationCase.objects.get(pathway_key=key).version == 2


def test_who_may_undo(handmade: Made, make_user: Users) -> None:
    manager = make_user(Role.WAITING_LIST_MANAGER, username="a")
    lead = make_user(Role.WAITING_LIST_MANAGER, username="b")
    clinician, colleague = make_user(Role.CLINICIAN, username="c"), make_user(Role.CLINICIAN, username="d")
    elsewhere = make_user(Role.WAITING_LIST_MANAGER, ("RCX",), "e")
    key = doubtful(handmade, "stale", "RM1")
    technical = _decide(manager, key, CONFIRM)

    def undo(user: User, decision: ValidationDecision) -> None:
        services.undo(
            access=access_of(user), clock=clock(lead, key), decision_id=decision.pk, reason="Checked again", today=TODAY
        )

    for user in (clinician, elsewhere):
        with pytest.raises(PermissionDenied):
            undo(user, technical)
    undo(lead, technical)
    clinical = _decide(clinician, key, REMOVED, version=2)
    with pytest.raises(PermissionDenied):
        undo(elsewhere, clinical)
    undo(colleague, clinical)


def test_what_no_database_can_keep_is_left_out(handmade: Made, make_user: Users) -> None:
    user = make_user(Role.WAITING_LIST_MANAGER)
    key = doubtful(handmade, "stale")
    with pytest.raises(Refused):
        _decide(user, key, replace(CONFIRM, reason="\x00 \x00"))
    assert _decide(user, key, replace(CONFIRM, reason="a\x00b")).reason == "ab"
    assert services.add_note(access=access_of(user), pathway_key=key, organisation="RM1", text="\x00x").text == "x"


def test_a_decision_cannot_be_changed_or_deleted(handmade: Made, make_user: Users) -> None:
    decision = _decide(make_user(Role.WAITING_LIST_MANAGER), doubtful(handmade, "stale"), CONFIRM)
    decision.reason = "Rewritten"
    with pytest.raises(TypeError):
        decision.save()
    with pytest.raises(TypeError):
        decision.delete()


class _Made:
    """A decision as the rules read it."""

    def __init__(self, sequence: int, kind: str, undoes: int | None) -> None:
        self.sequence, self.kind, self.undoes_id, self.pk = sequence, kind, undoes, sequence
        self.correction, self.review_on = "", None
        self.ends_clock = kind in ("remove", "monitor")


@given(st.lists(st.sampled_from(["confirm", "remove", "ask", "undo"]), max_size=12))
def test_undoing_walks_back_like_a_stack(acts: list[str]) -> None:
    stack: list[_Made] = []
    made: list[_Made] = []
    for number, act in enumerate(acts, start=1):
        if act == "undo":
            if not stack:
                continue
            made.append(_Made(number, "undo", stack.pop().pk))
        else:
            made.append(_Made(number, act, None))
            stack.append(made[-1])
        assert rules.standing(made) is (stack[-1] if stack else None)


# --- two at once -----------------------------------------------------------------------------------------------------


def test_the_second_of_two_is_told_who_was_first(handmade: Made, make_user: Users) -> None:
    first = make_user(Role.WAITING_LIST_MANAGER, username="first")
    second = make_user(Role.WAITING_LIST_MANAGER, username="second")
    key = doubtful(handmade, "stale")
    _decide(first, key, CONFIRM, version=0)
    with pytest.raises(DecidedAlready, match="Test First decided first: Confirmed"):
        _decide(second, key, TREATED, version=0)
    assert ValidationDecision.objects.count() == 1
    assert ValidationCase.objects.get(pathway_key=key).state == State.CONFIRMED


@pytest.mark.usefixtures("two_writers")
def test_of_many_deciding_at_the_same_moment_exactly_one_is_recorded(handmade: Made, make_user: Users) -> None:
    user = make_user(Role.WAITING_LIST_MANAGER)
    key = doubtful(handmade, "stale")
    asked, access = clock(user, key), access_of(user)
    ready, outcomes = threading.Barrier(6), []

    def decide() -> None:
        ready.wait()
        try:
            services.decide(access=access, clock=asked, expected_version=0, answer=CONFIRM, today=TODAY)
            outcomes.append("recorded")
        except DecidedAlready:
            outcomes.append("told")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=decide) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["recorded"] + ["told"] * 5
    assert ValidationDecision.objects.count() == 1
    assert ValidationCase.objects.get().version == 1
    assert AuditEvent.objects.filter(action="validation.confirm").count() == 1
    assert connection.vendor in ("sqlite", "postgresql")


# --- together --------------------------------------------------------------------------------------------------------


def test_confirming_together_is_all_or_nothing(handmade: Made, make_user: Users) -> None:
    user = make_user(Role.WAITING_LIST_MANAGER)
    keys = [r["pathway_key"] for r in rows(handmade) if "no_next_event" in r["findings"]][:4]
    _decide(user, keys[3], CONFIRM)
    access = access_of(user)
    with pytest.raises(DecidedAlready):
        worklist.confirm_many(
            access=access, found=Queue(access), ticked=[f"0:{k}" for k in keys], reason="Looked at", weeks=4
        )
    assert ValidationDecision.objects.count() == 1
    done = worklist.confirm_many(
        access=access, found=Queue(access), ticked=[f"0:{k}" for k in keys[:3]], reason="Looked at", weeks=4
    )
    assert done == 3
    assert not any(_in_queue(user, key) for key in keys)


@pytest.mark.parametrize("ticked", [[], ["0:no such pathway"], ["x:y"], ["nonsense"], [f"0:{n}" for n in range(51)]])
def test_confirming_nonsense_together_is_refused(handmade: Made, make_user: Users, ticked: list[str]) -> None:
    access = access_of(make_user(Role.WAITING_LIST_MANAGER))
    with pytest.raises(Refused):
        worklist.confirm_many(access=access, found=Queue(access), ticked=ticked, reason="x", weeks=4)
