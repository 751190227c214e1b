"""Who may decide what about a clock, and which decision stands.

Sources: *Recording and reporting RTT waiting times* v5.0 (clock stops 30 to 36; active monitoring reviewed every 12
weeks; a stop other than treatment or death is a clinical decision, communicated to the patient), and NHS England's
validation guidance (validate at 12, 26 and 52 weeks and every 12 weeks after; no removal without a clinical decision).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol, TypeVar

from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.waiting.models import Correction, Kind, State

#: Longest time for which a clock can be confirmed or kept on active monitoring before somebody looks again.
WEEKS_AT_MOST = 12
#: Stops that a waiting-list manager may ask the trust to record, with evidence from the record.
TECHNICAL_STOPS = {"30": "First treatment was given (30)", "36": "The person died (36)"}
#: Stops that only a clinician may decide.
MONITORING_STOPS = {
    "31": "The patient asked to wait and see (31)",
    "32": "A care professional advised to wait and see, and the patient agreed (32)",
}
REMOVAL_STOPS = {
    "34": "Decision not to treat, or no further contact needed (34)",
    "35": "The patient declined the treatment offered (35)",
    "30": "First treatment was given (30)",
    "36": "The person died (36)",
}
#: Stops whose date is the day on which the patient was told.
TOLD = frozenset({"34", "35"})
TECHNICAL_KINDS = frozenset({Kind.CONFIRM, Kind.CORRECT, Kind.ASK})
CLINICAL_KINDS = frozenset({Kind.STAY, Kind.MONITOR, Kind.REMOVE})


class DecisionLike(Protocol):
    """What the rules read of a decision."""

    sequence: int
    kind: str
    correction: str
    undoes_id: int | None
    review_on: date | None

    @property
    def pk(self) -> Any: ...
    @property
    def ends_clock(self) -> bool: ...


AnyDecision = TypeVar("AnyDecision", bound=DecisionLike)


def standing(decisions: Sequence[AnyDecision]) -> AnyDecision | None:
    """The decision that stands: the newest that is neither an undo nor undone."""
    undone = {d.undoes_id for d in decisions if d.kind == Kind.UNDO}
    for decision in sorted(decisions, key=lambda d: d.sequence, reverse=True):
        if decision.kind != Kind.UNDO and decision.pk not in undone:
            return decision
    return None


def state(decision: DecisionLike | None) -> State:
    """What the standing decision makes of the case."""
    if decision is None:
        return State.UNDECIDED
    if decision.ends_clock:
        return State.TAKEN_OFF
    return {Kind.ASK: State.ASKED, Kind.CORRECT: State.CORRECTED}.get(Kind(decision.kind), State.CONFIRMED)


def may_decide(access: Access, kind: str, organisation: str) -> bool:
    """Managers confirm, correct and ask; clinicians decide what is clinical. Each at their own trusts."""
    needed = Permission.REVIEW_CLINICALLY if kind in CLINICAL_KINDS else Permission.VALIDATE
    return access.can_at(needed, organisation)


def may_undo(access: Access, made_by: int, kind: str, organisation: str) -> bool:
    """The person who decided, while still working there; otherwise a lead.

    A waiting-list manager may undo any decision at the trust (it puts a person back where somebody looks again); a
    clinician may undo clinical ones.
    """
    if access.user is None or not access.can_at(Permission.OPEN_PATHWAY, organisation):
        return False
    lead = access.can_at(Permission.VALIDATE, organisation) or (
        kind in CLINICAL_KINDS and access.can_at(Permission.REVIEW_CLINICALLY, organisation)
    )
    return lead or made_by == access.user.pk


_COUNTED = re.compile(r"\b\d[\d,.]*(?=\s*(?:whole )?(?:day|week|month|year)s?\b)")


def evidence_key(evidence: str) -> str:
    """Evidence without its counts of time, which grow daily without anything having happened.

    >>> evidence_key("Last event on 3 April 2025, 301 days ago.")
    'Last event on 3 April 2025, # days ago.'
    >>> evidence_key("Died on 3 April 2025.") == evidence_key("Died on 4 April 2025.")
    False
    """
    return _COUNTED.sub("#", evidence)


@dataclass(frozen=True)
class Evidence:
    """What the snapshot says about one clock, as far as a decision depends on it."""

    findings: Mapping[str, str]
    last_event_on: date | None

    def keys(self) -> dict[str, str]:
        """Rule codes with evidence keys: what is kept with a decision."""
        return {rule: evidence_key(words) for rule, words in self.findings.items()}

    def news_since(self, seen: Mapping[str, str], seen_last_event_on: date | None) -> list[str]:
        """Rules whose evidence is new or changed since `seen`; `event` where something has happened since."""
        news = sorted(rule for rule, key in self.keys().items() if seen.get(rule) != key)
        if self.last_event_on is not None and (seen_last_event_on is None or self.last_event_on > seen_last_event_on):
            news.append("event")
        return news


def correction_words(correction: str, stop_status: str, stop_on: date | None, start_on: date | None) -> str:
    """What the trust's record should say.

    >>> correction_words("stop", "30", date(2026, 1, 5), None)
    'The clock stops on 2026-01-05 with status 30'
    """
    if correction == Correction.START and start_on:
        return f"The clock starts on {start_on.isoformat()}"
    if stop_status and stop_on:
        return f"The clock stops on {stop_on.isoformat()} with status {stop_status}"
    return "See the reason"
