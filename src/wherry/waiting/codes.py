"""The vocabulary of the clock: what each status code does, the issues a clock can have, and the rules by name.

A clock is driven by the status code of each event and by nothing else; the type of the event matters only for
cancellations (which never stop a clock) and for whether a stop was an admission. Sources are paragraphs of *Recording
and reporting referral to treatment (RTT) waiting times*, NHS England, version 5.0, February 2025.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

GUIDANCE = "Recording and reporting RTT waiting times, NHS England, v5.0, February 2025"

#: Columns of one event, in the order of the file contract.
EVENT_COLUMNS = (
    "pathway_id",
    "event_date",
    "event_type",
    "rtt_status",
    "provider",
    "treatment_function",
    "first_activity",
    "dna_communicated",
)

#: Columns of one period, in the order of the file contract.
PERIOD_COLUMNS = (
    "pathway_id",
    "period",
    "clock_start",
    "clock_stop",
    "stop_status",
    "outcome",
    "admitted",
    "days_waited",
    "week_band",
    "provider",
    "treatment_function",
    "list_order_date",
    "issues",
)

CANCELLATIONS = frozenset({"patient_cancellation", "provider_cancellation"})
STARTS = frozenset({10, 11, 12})
RUNNING = frozenset({20, 21})
STOPS = frozenset({30, 31, 32, 34, 35, 36})
MONITORING = frozenset({31, 32})
OUTSIDE = frozenset({90, 91, 92, 98})


class Action(IntEnum):
    """What one event does to the clock."""

    NOTHING = 0
    START = 1
    RUN = 2
    STOP = 3
    NULLIFY = 4
    DNA_NOT_COMMUNICATED = 5
    STATUS_99 = 6
    UNKNOWN_STATUS = 7


def action(status: int | None, event_type: str, *, first_activity: bool, dna_communicated: bool) -> Action:
    """What an event does to the clock. `status` is blank (None) or 0 to 99.

    >>> action(30, "admission", first_activity=False, dna_communicated=False)
    <Action.STOP: 3>
    >>> action(33, "dna", first_activity=True, dna_communicated=True)
    <Action.NULLIFY: 4>
    >>> action(34, "patient_cancellation", first_activity=False, dna_communicated=False)
    <Action.NOTHING: 0>
    """
    if status is None or status in OUTSIDE:
        return Action.NOTHING
    if 30 <= status <= 36 and event_type in CANCELLATIONS:
        return Action.NOTHING
    if status in STARTS:
        return Action.START
    if status in RUNNING:
        return Action.RUN
    if status in STOPS:
        return Action.STOP
    if status == 33:
        return Action.NULLIFY if first_activity and dna_communicated else Action.DNA_NOT_COMMUNICATED
    return Action.STATUS_99 if status == 99 else Action.UNKNOWN_STATUS


#: Issue codes in alphabetical order; the place in this tuple is the bit that stands for the code.
ISSUES = (
    "dna_not_communicated",
    "duplicate_event",
    "event_after_stop",
    "no_start",
    "status_99",
    "stop_without_start",
    "two_starts",
    "unknown_status",
)

#: Issue codes in plain words.
ISSUE_WORDS = {
    "dna_not_communicated": "a did-not-attend was recorded as ending the clock without proof that it was the first "
    "appointment and was clearly communicated, so the clock ran on",
    "duplicate_event": "the same event was sent more than once; it was counted once",
    "event_after_stop": "an event came after the clock had stopped and changed nothing",
    "no_start": "activity was recorded but no clock start, so the start is unknown",
    "status_99": "a status of 99 (not yet known) was recorded",
    "stop_without_start": "a clock stop was recorded with no clock to stop",
    "two_starts": "a second clock start was recorded while the clock was running; it was ignored",
    "unknown_status": "a status code was recorded that is not in the national list",
}

OUTCOMES = ("open", "stopped", "nullified")


@dataclass(frozen=True)
class Rule:
    """A clock rule: its code, what it says, and the paragraph it comes from."""

    code: str
    words: str
    source: str


def _rules(*rules: Rule) -> dict[str, Rule]:
    return {rule.code: rule for rule in rules}


#: Rules that start a clock. The code is what `rtt_period.start_rule` holds.
START_RULES = _rules(
    Rule(
        "start_first_activity",
        "A clock starts when a referral is received, or with its first activity in a consultant-led service",
        f"{GUIDANCE}: rules 1 to 3, status 10",
    ),
    Rule(
        "start_after_monitoring",
        "A new clock starts when treatment is decided on after active monitoring; the place on the list is kept",
        f"{GUIDANCE}: rule 3d, status 11",
    ),
    Rule(
        "start_new_condition",
        "A new clock starts when a consultant refers for a separate condition",
        f"{GUIDANCE}: rule 3b, status 12",
    ),
    Rule(
        "start_unknown",
        "Activity was recorded before any clock start, so the clock is open with an unknown start",
        f"{GUIDANCE}: 10.1, unknown clock start",
    ),
    Rule(
        "start_unknown_stopped",
        "A clock stop was recorded before any clock start, so the clock is closed with an unknown start",
        f"{GUIDANCE}: 10.1, unknown clock start",
    ),
)

#: Rules that stop a clock. The code is what `rtt_period.stop_rule` holds.
STOP_RULES = _rules(
    Rule(
        "stop_admitted_treatment",
        "The clock stops on the day of admission for first definitive treatment",
        f"{GUIDANCE}: rule 4a, status 30",
    ),
    Rule(
        "stop_treatment",
        "The clock stops when first definitive treatment starts without an admission",
        f"{GUIDANCE}: rule 4a, status 30",
    ),
    Rule(
        "stop_monitoring_patient",
        "The clock stops when the patient asks for active monitoring",
        f"{GUIDANCE}: rule 5b, status 31",
    ),
    Rule(
        "stop_monitoring_professional",
        "The clock stops when a care professional starts active monitoring with the patient's agreement",
        f"{GUIDANCE}: rule 5b, status 32",
    ),
    Rule(
        "nullify_first_dna",
        "The clock is nullified when the patient does not attend a first appointment that was clearly communicated",
        f"{GUIDANCE}: rule 5e, status 33",
    ),
    Rule(
        "stop_no_treatment",
        "The clock stops when it is decided not to treat, or that no further contact is needed",
        f"{GUIDANCE}: rules 4b, 5a, 5d and 5f, status 34",
    ),
    Rule(
        "stop_declined",
        "The clock stops when the patient declines the treatment offered",
        f"{GUIDANCE}: rule 5c, status 35",
    ),
    Rule("stop_died", "The clock stops when the patient dies", f"{GUIDANCE}: Annex D, status 36"),
)

RULES = START_RULES | STOP_RULES

#: Status that started the clock -> rule.
START_RULE_OF = {10: "start_first_activity", 11: "start_after_monitoring", 12: "start_new_condition"}

#: Status that stopped the clock -> rule, for a stop that is not an admission.
STOP_RULE_OF = {
    30: "stop_treatment",
    31: "stop_monitoring_patient",
    32: "stop_monitoring_professional",
    33: "nullify_first_dna",
    34: "stop_no_treatment",
    35: "stop_declined",
    36: "stop_died",
}
