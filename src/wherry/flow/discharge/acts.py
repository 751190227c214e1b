"""What people do about one patient's leaving, and what it adds up to: `replay(acts)` is the whole state.

Acts are only ever added. An `undo` takes one act out of the replay, so what stood before it stands again. An act about
something that is not there (a task whose making was undone) has no effect. All times are aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Literal

from wherry.flow.discharge.settings import UNKNOWN, Settings

Kind = Literal[
    "review", "ready", "pathway", "expected", "senior", "colour", "criteria", "cause", "uncause", "primary",
    "long_stay", "note", "task", "task_take", "task_block", "task_offer", "task_accept", "task_refuse", "task_withdraw",
    "task_done", "task_not_needed", "task_back", "task_due", "undo",
]  # fmt: skip
#: What each kind of act says, with its verb in the past.
KINDS: Mapping[str, str] = {
    "review": "Criteria to reside reviewed",
    "ready": "Discharge-ready date set by hand",
    "pathway": "Pathway chosen",
    "expected": "Expected day given",
    "senior": "Senior review done",
    "colour": "Red or green day recorded",
    "criteria": "Criteria for discharge written",
    "cause": "Delay cause recorded",
    "uncause": "Delay cause ended",
    "primary": "Primary delay cause chosen",
    "long_stay": "Long stay reviewed",
    "note": "Note written",
    "task": "Task made",
    "task_take": "Task taken",
    "task_block": "Task blocked",
    "task_offer": "Task offered to another organisation",
    "task_accept": "Task accepted",
    "task_refuse": "Task refused",
    "task_withdraw": "Offer of a task taken back",
    "task_done": "Task done",
    "task_not_needed": "Task not needed",
    "task_back": "Task put back",
    "task_due": "Task given another time",
    "undo": "Undone",
}
#: A task is open in these.
OPEN = ("waiting", "in_progress", "blocked")


@dataclass(frozen=True)
class Act:
    """One thing done. `number` counts from 1 within the patient's stay; `task` and `undoes` are such numbers.

    `code` is a criterion list ("02,08", "" for none), a pathway, a confidence, a colour, a cause, a task type or what
    blocks; `on` a day, `at` the moment of the effect.
    """

    number: int
    kind: str
    at: datetime
    who: str = ""
    code: str = ""
    reason: str = ""
    text: str = ""
    on: date | None = None
    moment: datetime | None = None
    task: int | None = None
    undoes: int | None = None
    organisation: str = ""
    team: str = ""


@dataclass(frozen=True)
class Task:
    """A task as it stands. `offered_to` is an organisation that has not accepted yet: until then the owner keeps it."""

    number: int
    code: str
    owner: str
    team: str
    made_at: datetime
    status: str = "waiting"
    due_at: datetime | None = None
    taken_by: str = ""
    blocked_kind: str = ""
    blocked_by: str = ""
    offered_to: str = ""
    offered_team: str = ""
    ended_at: datetime | None = None
    ended_by: str = ""
    text: str = ""

    @property
    def open(self) -> bool:
        """Whether it is still to be done."""
        return self.status in OPEN


@dataclass(frozen=True)
class Span:
    """Something that held from a moment to another; `to_at` is None while it holds."""

    kind: str
    code: str
    from_at: datetime
    to_at: datetime | None = None


@dataclass(frozen=True)
class Position:
    """What all acts add up to. `meets` is None before the first review; `spans` is the whole history of what held."""

    meets: bool | None = None
    codes: tuple[str, ...] = ()
    reviewed_at: datetime | None = None
    reviewed_by: str = ""
    ready_at: datetime | None = None
    pathway: str = ""
    expected_on: date | None = None
    confidence: str = ""
    expected_by: str = ""
    senior_at: datetime | None = None
    criteria: str = ""
    long_stay_at: datetime | None = None
    causes: tuple[str, ...] = ()
    primary: str = ""
    tasks: Mapping[int, Task] = field(default_factory=dict)
    colours: Mapping[date, tuple[str, str]] = field(default_factory=dict)
    reviews: tuple[datetime, ...] = ()
    spans: tuple[Span, ...] = ()
    undone: frozenset[int] = frozenset()

    @property
    def nctr(self) -> bool:
        """Whether the patient meets no criteria to reside."""
        return self.meets is False

    def open_tasks(self) -> list[Task]:
        """Tasks still to be done, the one due first first; those without a time last."""
        found = [task for task in self.tasks.values() if task.open]
        return sorted(found, key=lambda task: (task.due_at is None, task.due_at, task.number))


def standing(acts: Iterable[Act]) -> tuple[list[Act], frozenset[int]]:
    """The acts that count, in order, and the numbers of those undone. An undo may itself be undone.

    >>> from datetime import UTC
    >>> t = datetime(2026, 7, 14, 9, tzinfo=UTC)
    >>> found, undone = standing([Act(1, "note", t), Act(2, "undo", t, undoes=1), Act(3, "undo", t, undoes=2)])
    >>> [act.number for act in found], sorted(undone)
    ([1], [2])
    """
    ordered = sorted(acts, key=lambda act: act.number)
    undone: set[int] = set()
    for act in reversed(ordered):
        if act.kind == "undo" and act.number not in undone and act.undoes is not None and act.undoes < act.number:
            undone.add(act.undoes)
    return [act for act in ordered if act.kind != "undo" and act.number not in undone], frozenset(undone)


def replay(acts: Sequence[Act], settings: Settings) -> Position:
    """The position after all acts that count, with its spans."""
    found, undone = standing(acts)
    position = Position()
    spans: list[Span] = []
    for act in found:
        before = position
        position = _step(position, act)
        _spans(spans, before, position, act.at, settings)
    return replace(position, spans=tuple(spans), undone=undone)


def _step(position: Position, act: Act) -> Position:
    """One act further."""
    match act.kind:
        case "review":
            codes = tuple(sorted(filter(None, act.code.split(","))))
            meets = bool(codes)
            ready_at = None if meets else position.ready_at or act.at
            return replace(
                position, meets=meets, codes=codes, reviewed_at=act.at, reviewed_by=act.who, ready_at=ready_at,
                reviews=(*position.reviews, act.at),
            )  # fmt: skip
        case "ready":
            return replace(position, ready_at=act.moment) if position.nctr else position
        case "pathway":
            return replace(position, pathway=act.code)
        case "expected":
            return replace(position, expected_on=act.on, confidence=act.code, expected_by=act.who)
        case "senior":
            return replace(position, senior_at=act.at)
        case "colour":
            if act.on is None:
                return position
            return replace(position, colours={**position.colours, act.on: (act.code, act.reason)})
        case "criteria":
            return replace(position, criteria=act.text)
        case "cause":
            causes = position.causes if act.code in position.causes else (*position.causes, act.code)
            return replace(position, causes=causes)
        case "uncause":
            causes = tuple(code for code in position.causes if code != act.code)
            return replace(position, causes=causes, primary="" if position.primary == act.code else position.primary)
        case "primary":
            return replace(position, primary=act.code) if act.code in position.causes else position
        case "long_stay":
            return replace(position, long_stay_at=act.at)
        case "task":
            task = Task(act.number, act.code, act.organisation, act.team, act.at, due_at=act.moment, text=act.text)
            return replace(position, tasks={**position.tasks, act.number: task})
    task_before = position.tasks.get(act.task or 0)
    if task_before is None:
        return position
    return replace(position, tasks={**position.tasks, task_before.number: _task(task_before, act)})


def _task(task: Task, act: Act) -> Task:
    """A task one act further. What does not fit how it stands has no effect."""
    if act.kind == "task_back":
        return replace(
            task, status="waiting", taken_by="", blocked_kind="", blocked_by="", offered_to="", offered_team="",
            ended_at=None, ended_by="",
        )  # fmt: skip
    if not task.open:
        return task
    match act.kind:
        case "task_take":
            return replace(task, status="in_progress", taken_by=act.who, blocked_kind="", blocked_by="")
        case "task_block":
            return replace(task, status="blocked", blocked_kind=act.code, blocked_by=act.text)
        case "task_offer":
            return replace(task, offered_to=act.organisation, offered_team=act.team)
        case "task_accept" if task.offered_to:
            team = task.offered_team or task.team
            return replace(
                task, owner=task.offered_to, team=team, offered_to="", offered_team="", status="waiting", taken_by="",
                blocked_kind="", blocked_by="",
            )  # fmt: skip
        case "task_refuse" | "task_withdraw":
            return replace(task, offered_to="", offered_team="")
        case "task_done" | "task_not_needed":
            status = "done" if act.kind == "task_done" else "not_needed"
            return replace(task, status=status, ended_at=act.at, ended_by=act.who, offered_to="", offered_team="")
        case "task_due":
            return replace(task, due_at=act.moment)
    return task


def national_code(position: Position, settings: Settings) -> str:
    """The one code that a delayed patient is counted under.

    The primary cause; without one, the recorded cause that comes first in the table's precedence; without any, the
    cause that stands for an open task of the hospital stay (first in precedence again); without that, `X00`, no cause
    recorded. Source: the rule is our own; causes are several because one code hides delays with several causes.
    """
    if position.primary:
        return position.primary
    recorded = [code for code in position.causes if code in settings.causes]
    if not recorded:
        types = [
            settings.tasks[task.code] for task in position.tasks.values() if task.open and task.code in settings.tasks
        ]
        recorded = [kind.cause for kind in types if kind.cause and not kind.after_care]
    return min(recorded, key=lambda code: settings.causes[code].precedence, default=UNKNOWN)


def _spans(spans: list[Span], before: Position, after: Position, at: datetime, settings: Settings) -> None:
    """Close what no longer holds and open what does now: `nctr`, `ready` (from its own moment), `pathway`, `code`."""
    _turn(spans, "nctr", "1" if after.nctr else "", at)
    if before.ready_at != after.ready_at:
        if before.ready_at is not None:
            if after.ready_at is not None:  # the date was put right: the span begins elsewhere
                spans[:] = [span for span in spans if not (span.kind == "ready" and span.to_at is None)]
            else:
                _turn(spans, "ready", "", at)
        if after.ready_at is not None:
            spans.append(Span("ready", "1", after.ready_at))
    _turn(spans, "pathway", after.pathway, at)
    _turn(spans, "code", national_code(after, settings) if after.nctr else "", at)


def _turn(spans: list[Span], kind: str, code: str, at: datetime) -> None:
    for index in range(len(spans) - 1, -1, -1):
        span = spans[index]
        if span.kind == kind and span.to_at is None:
            if span.code == code:
                return
            spans[index] = replace(span, to_at=at)
            break
    if code:
        spans.append(Span(kind, code, at))
