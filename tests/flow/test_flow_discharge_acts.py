"""What acts add up to: against a replay written the slow way, for any order of acts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from wherry.flow.discharge.acts import KINDS, Act, Position, national_code, replay, standing
from wherry.flow.discharge.due import due_at, usual_tasks, waits_for
from wherry.flow.discharge.holding import holding, next_step
from wherry.flow.discharge.settings import UNKNOWN, load

SETTINGS = load()
T = datetime(2026, 7, 14, 9, tzinfo=UTC)
CAUSES = sorted(SETTINGS.causes)
TYPES = sorted(SETTINGS.tasks)


def at(number: int) -> datetime:
    return T + timedelta(hours=number)


@st.composite
def histories(draw: st.DrawFn) -> list[Act]:
    """Any acts whatever, also about what is not there."""
    found = []
    for number in range(1, draw(st.integers(0, 25)) + 1):
        kind = draw(st.sampled_from(sorted(KINDS)))
        code = {
            "review": draw(st.sampled_from(["", "", "02", "02,08"])),
            "cause": draw(st.sampled_from(CAUSES)),
            "uncause": draw(st.sampled_from(CAUSES)),
            "primary": draw(st.sampled_from(CAUSES)),
            "task": draw(st.sampled_from(TYPES)),
            "pathway": draw(st.sampled_from(sorted(SETTINGS.pathways))),
            "colour": "red",
        }.get(kind, "x")
        found.append(
            Act(
                number, kind, at(number), "Ann", code=code, on=date(2026, 7, 14),
                moment=at(number) - timedelta(hours=draw(st.integers(0, 30))) if kind == "ready" else at(number + 3),
                task=draw(st.integers(1, 25)) if kind.startswith("task_") else None,
                undoes=draw(st.integers(1, 25)) if kind == "undo" else None,
                organisation=draw(st.sampled_from(["RM1", "RY3"])),
            )
        )  # fmt: skip
    return found


@settings(max_examples=50)
@given(histories())
def test_nctr_is_what_the_last_standing_review_says(acts: list[Act]) -> None:
    """Slowly: take out what is undone, undoings last first, and look at the last review."""
    undone: set[int] = set()
    for act in sorted(acts, key=lambda act: -act.number):
        if act.kind == "undo" and act.number not in undone and act.undoes is not None and act.undoes < act.number:
            undone.add(act.undoes)
    reviews = [act for act in acts if act.kind == "review" and act.number not in undone]
    found = replay(acts, SETTINGS)
    assert found.meets == (bool(reviews[-1].code) if reviews else None)
    assert found.nctr == (bool(reviews) and not reviews[-1].code)
    held = [span for span in found.spans if span.kind == "nctr" and span.to_at is None]
    assert len(held) == found.nctr
    for span in (span for span in found.spans if span.kind == "nctr"):
        assert any(act.at == span.from_at and not act.code for act in reviews)


@settings(max_examples=50)
@given(histories())
def test_exactly_one_code_for_whoever_could_leave_at_every_moment(acts: list[Act]) -> None:
    found = replay(acts, SETTINGS)
    code = national_code(found, SETTINGS)
    assert code in SETTINGS.causes or code == UNKNOWN
    nctr = [span for span in found.spans if span.kind == "nctr"]
    codes = [span for span in found.spans if span.kind == "code"]
    for hours in range(30):
        moment = at(hours) + timedelta(minutes=30)
        there = [s for s in nctr if s.from_at <= moment and (s.to_at is None or moment < s.to_at)]
        counted = [s for s in codes if s.from_at <= moment and (s.to_at is None or moment < s.to_at)]
        assert len(counted) == len(there) <= 1
    if found.nctr:
        assert [span.code for span in codes if span.to_at is None] == [code]


@settings(max_examples=50)
@given(histories(), st.randoms())
def test_the_order_in_which_acts_are_read_does_not_matter(acts: list[Act], random: object) -> None:
    mixed = list(acts)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert replay(mixed, SETTINGS) == replay(acts, SETTINGS)


@settings(max_examples=50)
@given(histories())
def test_undoing_the_last_act_gives_what_stood_before_it(acts: list[Act]) -> None:
    if not acts or acts[-1].kind == "undo":
        return
    last = acts[-1].number
    undone = replay([*acts, Act(last + 1, "undo", at(99), undoes=last)], SETTINGS)
    before = replay(acts[:-1], SETTINGS)
    assert standing([*acts, Act(last + 1, "undo", at(99), undoes=last)])[0] == standing(acts[:-1])[0]
    assert (undone.meets, undone.tasks, undone.causes, undone.spans) == (
        before.meets, before.tasks, before.causes, before.spans,
    )  # fmt: skip


@settings(max_examples=50)
@given(histories())
def test_a_ready_date_stands_only_for_whoever_could_leave_and_only_one_span_is_open(acts: list[Act]) -> None:
    found = replay(acts, SETTINGS)
    if not found.nctr:
        assert found.ready_at is None
    open_spans = [span for span in found.spans if span.kind == "ready" and span.to_at is None]
    assert [span.from_at for span in open_spans] == ([found.ready_at] if found.ready_at else [])
    assert holding(found, SETTINGS, at(50))
    assert next_step(found, SETTINGS, at(50))[0]


def test_the_date_is_kept_while_nothing_is_met_and_reset_when_it_is() -> None:
    acts = [
        Act(1, "review", at(0), code=""),
        Act(2, "review", at(10), code=""),
        Act(3, "review", at(20), code="04"),
        Act(4, "review", at(30), code=""),
    ]
    assert [replay(acts[:n], SETTINGS).ready_at for n in (1, 2, 3, 4)] == [at(0), at(0), None, at(30)]
    spans = [span for span in replay(acts, SETTINGS).spans if span.kind == "ready"]
    assert [(span.from_at, span.to_at) for span in spans] == [(at(0), at(20)), (at(30), None)]


def test_a_date_put_right_by_hand_holds_until_criteria_are_met() -> None:
    acts = [
        Act(1, "review", at(0), code=""),
        Act(2, "ready", at(1), moment=at(-20)),
        Act(3, "review", at(5), code=""),
        Act(4, "review", at(6), code="01"),
        Act(5, "review", at(7), code=""),
    ]
    assert [replay(acts[:n], SETTINGS).ready_at for n in (2, 3, 4, 5)] == [at(-20), at(-20), None, at(7)]


def test_the_code_is_the_primary_else_by_precedence_else_of_an_open_task_else_unknown() -> None:
    review = Act(1, "review", at(0), code="")
    assert national_code(replay([review], SETTINGS), SETTINGS) == UNKNOWN
    tta, summary = Act(2, "task", at(1), code="tta"), Act(3, "task", at(1), code="summary")
    assert national_code(replay([review, tta, summary], SETTINGS), SETTINGS) == "H02"  # before H05 in the table
    after = Act(4, "task", at(1), code="settling")
    assert national_code(replay([review, after], SETTINGS), SETTINGS) == UNKNOWN
    causes = [Act(5, "cause", at(2), code="H01"), Act(6, "cause", at(2), code="C05")]
    assert national_code(replay([review, tta, *causes], SETTINGS), SETTINGS) == "C05"
    primary = Act(7, "primary", at(3), code="H01")
    assert national_code(replay([review, tta, *causes, primary], SETTINGS), SETTINGS) == "H01"


def test_a_task_is_passed_on_only_when_accepted() -> None:
    acts = [
        Act(1, "task", at(0), code="home_care", organisation="E10000020", team="Brokerage"),
        Act(2, "task_take", at(1), "Ann", task=1),
        Act(3, "task_offer", at(2), task=1, organisation="NWVCS"),
        Act(4, "task_accept", at(3), task=1),
        Act(5, "task_done", at(4), "Val", task=1),
        Act(6, "task_take", at(5), "Ann", task=1),
        Act(7, "task_back", at(6), task=1),
    ]

    def stand(n: int) -> tuple[str, str, str]:
        task = replay(acts[:n], SETTINGS).tasks[1]
        return task.owner, task.status, task.offered_to

    assert stand(3) == ("E10000020", "in_progress", "NWVCS")
    assert stand(4) == ("NWVCS", "waiting", "")
    assert stand(5) == stand(6) == ("NWVCS", "done", "")
    assert stand(7) == ("NWVCS", "waiting", "")


def test_nothing_is_born_overdue_and_after_care_has_no_time_before_leaving() -> None:
    tta, first = SETTINGS.tasks["tta"], SETTINGS.tasks["first_visit"]
    made = datetime(2026, 7, 14, 12, tzinfo=UTC)
    common = {"made_at": made, "ready_at": None, "left_at": None}
    assert due_at(tta, expected_on=date(2026, 7, 14), **common) == made + timedelta(hours=2)
    assert due_at(first, expected_on=date(2026, 7, 14), **common) is None
    winter = due_at(tta, expected_on=date(2026, 12, 14), **common)
    assert winter == datetime(2026, 12, 14, 10, tzinfo=UTC)


def test_a_pathway_brings_what_is_not_there_and_tasks_wait_for_open_ones() -> None:
    acts = [
        Act(1, "task", at(0), code="summary"),
        Act(2, "task", at(0), code="tta"),
        Act(3, "task_done", at(1), task=1),
    ]
    found = replay(acts, SETTINGS)
    assert [kind.code for kind in usual_tasks("0", found.tasks.values(), SETTINGS)] == ["settling", "family"]
    assert waits_for(found.tasks[2], found.tasks.values(), SETTINGS) == []
    before = replay(acts[:2], SETTINGS)
    assert [task.code for task in waits_for(before.tasks[2], before.tasks.values(), SETTINGS)] == ["summary"]


def test_nobody_is_held_by_a_task_of_after_care() -> None:
    position = replay([Act(1, "review", at(0), code=""), Act(2, "task", at(0), code="settling")], SETTINGS)
    assert holding(position, SETTINGS, at(1)) == "No pathway chosen yet"
    assert holding(Position(meets=False, pathway="0"), SETTINGS, at(1)) == "Nothing recorded holds this patient"
