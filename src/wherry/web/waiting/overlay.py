"""What people have decided, laid over a frame: one state a row, and the date of the last validation of any kind.

The snapshot stays as it was built. A decision holds until its date, or until the snapshot shows something new about the
same clock: then the row is back where somebody looks, whatever was decided.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from django.db.models import Count, Max

from wherry.web.waiting.frame import Bools, Frame, Ints, pc
from wherry.web.waiting.models import Kind, State, ValidationCase, ValidationDecision
from wherry.web.waiting.rules import Evidence

if TYPE_CHECKING:
    from wherry.hub.snapshot import Snapshot

UNDECIDED, QUIET, ASKED, CORRECTED, OFF, NEWS, DUE = range(7)
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Case:
    """The standing decision about one clock, as far as a list needs it."""

    row: int
    pathway_key: str
    state: int
    kind: str
    decided_by: str
    decided_on: date
    quiet_until: date | None
    asked_of: int | None
    news: tuple[str, ...]


@dataclass(frozen=True)
class Overlay:
    """States of a frame's rows. `states[row]` is one of the seven numbers above."""

    stamp: tuple[Any, ...]
    states: npt.NDArray[np.int8]
    validated: Ints
    cases: Mapping[int, Case]

    @property
    def off(self) -> Bools:
        """Rows taken off the default list by a decision that still holds."""
        out: Bools = self.states == OFF
        return out

    def on_rows(self, frame: Frame, other: Frame) -> Overlay:
        """The same overlay for another frame of the same snapshot, matched by place on the list."""
        states = np.zeros(other.size, dtype=np.int8)
        validated = other.dates["last_validated_on"].copy()
        rows = np.array(sorted(self.cases), dtype=np.int32)
        there = other.rows_at(frame.position[rows]) if len(rows) else rows
        for here, row in zip(rows.tolist(), there.tolist(), strict=True):
            if row >= 0:
                states[row] = self.states[here]
                validated[row] = self.validated[here]
        return Overlay(self.stamp, states, validated, {})


class Findings:
    """The findings about open clocks of one snapshot, by pathway, without reading them all into Python."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot_id = snapshot.id
        about = snapshot.arrow("quality_rule", columns=["code", "about"]).to_pylist()
        self.pathway_rules = frozenset(r["code"] for r in about if r["about"] == "pathway")
        columns = ["rule", "severity", "pathway_key", "evidence", "on_open_clock"]
        table: Any = snapshot.arrow("quality_finding", columns=columns)
        keep = pc.and_(table["on_open_clock"], pc.is_valid(table["pathway_key"]))
        self._table = table.filter(keep).drop_columns(["on_open_clock"]).combine_chunks()

    def of(self, pathway_keys: Sequence[str]) -> dict[str, dict[str, str]]:
        """Rule to evidence for each pathway, rules about the clock alone."""
        out: dict[str, dict[str, str]] = {key: {} for key in pathway_keys}
        if out:
            found = self._table.filter(pc.is_in(self._table["pathway_key"], value_set=pa.array(list(out), pa.string())))
            for row in found.select(["rule", "pathway_key", "evidence"]).to_pylist():
                if row["rule"] in self.pathway_rules:
                    out[row["pathway_key"]][row["rule"]] = row["evidence"]
        return out


_findings: dict[str, Findings] = {}
_overlays: dict[str, Overlay] = {}
_lock = threading.Lock()


def findings_of(snapshot: Snapshot) -> Findings:
    """The findings of a snapshot, read once a process."""
    with _lock:
        if snapshot.id not in _findings:
            _findings.clear()
            _findings[snapshot.id] = Findings(snapshot)
        return _findings[snapshot.id]


def stamp() -> tuple[Any, ...]:
    """Changes whenever a decision is added, whichever process added it."""
    found = ValidationDecision.objects.aggregate(n=Count("id"), last=Max("id"), at=Max("made_at"))
    return (found["n"], found["last"], found["at"])


def overlay_of(snapshot: Snapshot, frame: Frame, today: date) -> Overlay:
    """The overlay of a care frame, made again only after a decision or on another day."""
    mark = (frame.serial, today, *stamp())
    kept = _overlays.get("care")
    if kept is not None and kept.stamp == mark:
        return kept
    made = build(snapshot, frame, today, mark)
    _overlays["care"] = made
    return made


def forget() -> None:
    """Drop what is kept, for tests."""
    with _lock:
        _findings.clear()
        _overlays.clear()


def build(snapshot: Snapshot, frame: Frame, today: date, mark: tuple[Any, ...]) -> Overlay:
    """Lay every decided case over the frame."""
    states = np.zeros(frame.size, dtype=np.int8)
    validated = frame.dates["last_validated_on"].copy()
    cases: dict[int, Case] = {}
    decided = list(
        ValidationCase.objects.exclude(state=State.UNDECIDED).select_related("standing").order_by("pathway_key")
    )
    rows = frame.rows_of([case.pathway_key for case in decided])
    found = findings_of(snapshot).of([c.pathway_key for c, row in zip(decided, rows, strict=True) if row >= 0])
    periods = frame.table["period"]
    last_events = frame.table["last_event_on"]
    for case, row in zip(decided, rows.tolist(), strict=True):
        if row < 0 or periods[row].as_py() != case.period or case.standing is None:
            continue
        evidence = Evidence(found[case.pathway_key], last_events[row].as_py())
        standing = case.standing
        news = tuple(evidence.news_since(standing.seen_findings, standing.seen_last_event_on))
        state = _state(case, news, today)
        states[row] = state
        if standing.kind != Kind.ASK:
            validated[row] = max(validated[row], (standing.made_on - _EPOCH).days)
        cases[row] = Case(
            row=row,
            pathway_key=case.pathway_key,
            state=state,
            kind=standing.kind,
            decided_by=standing.made_by_name,
            decided_on=standing.made_on,
            quiet_until=case.quiet_until,
            asked_of=case.asked_of_id,
            news=news,
        )
    return Overlay(mark, states, validated, cases)


def _state(case: ValidationCase, news: tuple[str, ...], today: date) -> int:
    if case.state == State.ASKED:
        return ASKED
    if news:
        return NEWS
    if case.state == State.TAKEN_OFF:
        return OFF
    if case.quiet_until is not None and case.quiet_until <= today:
        return DUE
    return CORRECTED if case.state == State.CORRECTED else QUIET


def review_due(case: Case, today: date) -> bool:
    """Whether somebody on active monitoring should have been reviewed by now."""
    return case.kind == Kind.MONITOR and case.quiet_until is not None and case.quiet_until <= today


def days_ago(today: date, weeks: int) -> int:
    """The day number `weeks` before today."""
    return (today - timedelta(weeks=weeks) - _EPOCH).days
