"""The unplanned care hub's rules: who is responsible, which calls may be offered, and the figures by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.errors import UserError
from wherry.flow.unplanned.figures import Call, figures
from wherry.flow.unplanned.screen import is_open, screen
from wherry.flow.unplanned.settings import load, read
from wherry.flow.unplanned.standing import ALLOWED, UNDOABLE, Done, NotNow, standing, why_not
from wherry.paths import system_dir

TEN = datetime(2026, 7, 14, 9, 0, tzinfo=UTC)  # ten o'clock in London
KNOWN = load("norfolk-waveney")
NO_SIGNS = dict.fromkeys(KNOWN.signs, False)


def at(minutes: float) -> datetime:
    return TEN + timedelta(minutes=minutes)


def offer(minutes: float = 0, stands: float = 10) -> Done:
    return Done("offer", at(minutes), deadline=at(minutes + stands))


def test_responsibility_passes_only_on_acceptance() -> None:
    acts = [offer(), Done("accept", at(4))]
    assert standing(acts[:1], at(3)).responsible == "ambulance"
    assert standing(acts, at(4)).responsible == "hub"
    assert standing(acts, at(600)).responsible == "hub"


def test_an_unanswered_offer_goes_back_by_itself_at_its_deadline() -> None:
    found = standing([offer()], at(10))
    assert (found.state, found.responsible, found.returned_at) == ("returned", "ambulance", at(10))
    with pytest.raises(NotNow, match="Nobody answered in time"):
        standing([offer(), Done("accept", at(10))], at(11))


def test_the_hub_keeps_whom_it_hands_back_until_they_are_taken() -> None:
    acts = [offer(), Done("accept", at(1)), Done("hand_back", at(30), code="too_unwell"), Done("take_back", at(33))]
    assert standing(acts[:3], at(32)).responsible == "hub"
    assert standing(acts, at(33)).responsible == "ambulance"


def test_undo_takes_back_the_last_act_but_never_an_acceptance() -> None:
    acts = [offer(), Done("accept", at(1)), Done("dispatch", at(5), code="ucr"), Done("attend", at(50))]
    assert standing([*acts, Done("undo", at(51))], at(52)).state == "dispatched"
    assert standing([*acts, Done("undo", at(51)), Done("undo", at(52))], at(53)).state == "accepted"
    with pytest.raises(NotNow, match="nothing to undo"):
        standing([*acts, *[Done("undo", at(m)) for m in (51, 52, 53)]], at(54))


@given(st.lists(st.tuples(st.sampled_from([*ALLOWED, "undo"]), st.integers(0, 12)), max_size=14))
def test_whatever_is_done_somebody_is_responsible_and_only_an_accepted_answer_makes_it_the_hub(
    steps: list[tuple[str, int]],
) -> None:
    """Against a second account of the story, kept as two facts: who has the patient, and until when an offer is."""
    acts: list[Done] = []
    has, until, minute = "ambulance", None, 0
    for act, wait in steps:
        minute += wait
        before = standing(acts, at(minute))
        if until is not None and minute >= until:
            until = None
        done = offer(minute) if act == "offer" else Done(act, at(minute), code="ucr")  # type: ignore[arg-type]
        try:
            after = standing([*acts, done], at(minute))
        except NotNow:
            if act != "undo":
                assert why_not(before, act)  # type: ignore[arg-type]
            continue
        acts.append(done)
        if act == "offer":
            until = minute + 10
        elif act == "accept":
            assert until is not None
            has, until = "hub", None
        elif act == "take_back":
            has = "ambulance"
        elif act in ("refuse", "withdraw"):
            until = None
        assert after.responsible == has, (act, steps)
        assert (after.state == "offered") == (until is not None)


def test_acts_that_move_responsibility_cannot_be_undone() -> None:
    assert not {"accept", "take_back", "offer", "refuse", "withdraw", "hand_back"} & set(UNDOABLE)


def test_a_call_is_offered_only_when_every_sign_was_asked() -> None:
    good = screen(KNOWN, category="3", condition="fall", age=84, signs=NO_SIGNS)
    assert good.suitable
    unasked = screen(KNOWN, category="3", condition="fall", age=84, signs={**NO_SIGNS, "stroke": None})
    assert not unasked.suitable
    assert not unasked.against
    assert unasked.unknown == ("Not asked: face, arm or speech signs of a stroke",)
    ill = screen(KNOWN, category="1", condition="fall", age=12, signs={**NO_SIGNS, "chest_pain": True})
    assert len(ill.against) == 3
    assert screen(KNOWN, category="2", condition="fall", age=84, signs=NO_SIGNS).suitable
    assert screen(KNOWN, category="2", condition="catheter", age=84, signs=NO_SIGNS).against


def test_the_hub_answers_by_the_clocks_in_london() -> None:
    hub = KNOWN.hubs["hub"]
    assert [is_open(hub, datetime(2026, 7, 14, h, m, tzinfo=UTC)) for h, m in ((6, 59), (7, 0), (18, 59), (19, 0))] == [
        *(False, True, True, False)
    ]
    assert not is_open(hub, datetime(2026, 1, 14, 7, 30, tzinfo=UTC))


def test_the_first_visit_counts_for_two_hours_whoever_is_sent_later() -> None:
    seen = [
        *(offer(), Done("accept", at(5)), Done("dispatch", at(10), code="ucr"), Done("attend", at(40))),
        *(Done("dispatch", at(60), code="sdec"), Done("close", at(200), code="treated")),
    ]
    undone = [*seen[:4], Done("undo", at(41))]
    first = figures([Call("1", "fall", seen)], KNOWN, at(300)).two_hours
    assert (first.count, first.of, first.pending) == (1, 1, 0)
    nobody = figures([Call("1", "fall", undone)], KNOWN, at(300)).two_hours
    assert (nobody.count, nobody.of, nobody.pending) == (0, 1, 0)


def test_figures_by_hand() -> None:
    """Five calls: seen in exactly two hours; seen late; refused then returned; accepted and waiting; handed back."""
    calls = [
        Call(
            "a",
            "fall",
            [
                offer(),
                Done("accept", at(4)),
                Done("dispatch", at(10), code="ucr"),
                Done("attend", at(121), at(120)),
                Done("close", at(180), code="treated"),
            ],
            "9990000018",
        ),
        Call(
            "b",
            "frailty",
            [
                offer(),
                Done("accept", at(8)),
                Done("dispatch", at(20), code="ucr"),
                Done("attend", at(121)),
                Done("close", at(200), code="conveyed"),
            ],
            "9990000026",
        ),
        Call("c", "fall", [offer(), Done("refuse", at(6), code="capacity"), offer(20)], "9990000034"),
        Call("d", "carer", [offer(100), Done("accept", at(101)), Done("dispatch", at(105), code="ucr")]),
        Call(
            "e",
            "fall",
            [
                offer(),
                Done("accept", at(2)),
                Done("hand_back", at(9), code="too_unwell"),
                Done("take_back", at(12)),
            ],
        ),
    ]
    found = figures(calls, KNOWN, at(210), [("9990000018", at(180) + timedelta(days=6))])
    assert (found.offered, found.accepted, found.refused, found.returned, found.waiting) == (6, 4, 1, 1, 0)
    assert found.refusals == {"capacity": 1}
    assert found.median_answer_minutes == 4
    assert (found.answered_in_time.count, found.answered_in_time.of) == (5, 6)
    assert (found.two_hours.count, found.two_hours.of, found.two_hours.pending) == (1, 2, 1)
    conveyed = found.conveyance
    assert (conveyed.closed, conveyed.conveyed) == (2, 1)
    assert conveyed.avoided == pytest.approx(0.45 + 0.65 - 1)
    assert conveyed.high - conveyed.low == pytest.approx(2 * 1.2815515655 * (0.45 * 0.55 + 0.65 * 0.35) ** 0.5)
    assert (found.recontact.count, found.recontact.of, found.recontact.pending) == (1, 1, 1)
    later = figures(calls, KNOWN, at(210) + timedelta(days=8), [])
    assert (later.recontact.count, later.recontact.of, later.recontact.pending) == (0, 2, 0)
    assert (later.two_hours.count, later.two_hours.of, later.two_hours.pending) == (1, 3, 0)


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("minutes = 10", "minutes = 0", "between 1 and 120"),
        ("would_convey = 0.45", "would_convey = 1.45", "share between 0 and 1"),
        ('opens = "08:00"', 'opens = "eight"', "Write it as 08:00"),
        ('code = "fall"', 'code = "frailty"', "there twice"),
        ("two_hours = true", 'two_hours = "yes"', "not what belongs there"),
        ("[screen]", "[screen", "cannot be read"),
    ],
)
def test_wrong_settings_are_refused_with_where(tmp_path: Path, was: str, becomes: str, said: str) -> None:
    path = tmp_path / "unplanned.toml"
    text = (system_dir("norfolk-waveney") / "unplanned.toml").read_text(encoding="utf-8")
    path.write_text(text.replace(was, becomes, 1), encoding="utf-8")
    with pytest.raises(UserError, match=said):
        read(path)


@pytest.mark.parametrize(
    ("later", "minutes", "counts"),
    [
        ([], 119, (0, 0, 0)),
        ([], 121, (0, 1, 0)),
        ([Done("dispatch", at(10), code="sdec")], 300, (0, 0, 0)),
        ([Done("dispatch", at(10), code="ucr")], 120, (0, 0, 1)),
        ([Done("dispatch", at(10), code="ucr"), Done("dispatch", at(90), code="sdec")], 300, (0, 1, 0)),
        ([Done("dispatch", at(10), code="ucr"), Done("hand_back", at(20)), Done("take_back", at(30))], 300, (0, 0, 0)),
        ([Done("dispatch", at(10), code="ucr"), Done("hand_back", at(20)), Done("take_back", at(130))], 300, (0, 1, 0)),
        ([Done("dispatch", at(10), code="ucr"), Done("close", at(60), code="not_found")], 300, (0, 1, 0)),
        ([Done("close", at(20), code="advice")], 300, (0, 0, 0)),
    ],
)
def test_nobody_leaves_the_two_hours_by_what_is_done_later(
    later: list[Done], minutes: int, counts: tuple[int, int, int]
) -> None:
    found = figures([Call("1", "fall", [offer(), Done("accept", at(5)), *later])], KNOWN, at(minutes)).two_hours
    assert (found.count, found.of, found.pending) == counts
