"""The check of each data-quality rule: which rows are doubtful, and the dates and values that make them so, in words.

A check is a function named after its rule. It takes the facts of every pathway (`wherry.waiting.facts`) and gives a
condition and a sentence. Evidence names dates and values, never a number of days up to the census, so that the same
doubt reads the same in the next snapshot and a decision about it holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis

from wherry.reference import treatment_functions
from wherry.waiting import codes
from wherry.waiting.facts import weeks_before
from wherry.waiting.words import in_words, say, where

Value = Any
Found = tuple[Value, Value]

#: Weeks of waiting at which a pathway is validated, then every twelve (NHS England validation targets, 2022).
VALIDATION_WEEKS = (12, 26, 52)
#: Days without activity after which a pathway is stale: half a year.
STALE_DAYS = 183
#: Weeks within which active monitoring is reviewed.
REVIEW_WEEKS = 12


@dataclass(frozen=True)
class Setting:
    """What a check may know besides the facts: the census, and the codes of organisations that have closed by then."""

    census: date
    closed_organisations: frozenset[str] = frozenset()


Check = Callable[[Any, Setting], Found]
PATHWAY_CHECKS: dict[str, Check] = {}


def _check(function: Check) -> Check:
    PATHWAY_CHECKS[function.__name__] = function
    return function


def _clock(f: Any) -> Value:
    """'Clock started 3 April 2025.'"""
    known = say("Clock started ", in_words(f["clock_start"]), ".")
    return ibis.ifelse(f["clock_start"].isnull(), "Clock with an unknown start.", known)


# --- the clock against what happened --------------------------------------------------------------------------------


@_check
def dead_but_open(f: Any, s: Setting) -> Found:
    died = ibis.coalesce(f["death_date"], f["died_on"])
    return f["is_open"] & (died <= s.census), say("Died ", in_words(died), ". ", _clock(f))


@_check
def discharged_but_open(f: Any, s: Setting) -> Found:
    return f["is_open"] & f["discharged_on"].notnull(), say(
        "Discharged ", in_words(f["discharged_on"]), ". ", _clock(f)
    )


@_check
def treated_but_open(f: Any, s: Setting) -> Found:
    admitted = f["admission_in_clock_on"]
    return f["is_open"] & admitted.notnull(), say("Admitted ", in_words(admitted), ", without a stop. ", _clock(f))


@_check
def stop_code_but_open(f: Any, s: Setting) -> Found:
    on = f["cancelled_stop_on"]
    said = say("Status ", f["cancelled_stop"], " on a cancellation of ", in_words(on), ". ", _clock(f))
    return f["is_open"] & on.notnull(), said


@_check
def referral_closed_but_open(f: Any, s: Setting) -> Found:
    closed = f["referral_closed_on"]
    return f["is_open"] & (closed <= s.census), say("Referral closed ", in_words(closed), ". ", _clock(f))


@_check
def referral_without_clock(f: Any, s: Setting) -> Found:
    received = ibis.coalesce(f["referral_event_on"], f["referral_received_on"])
    waiting = ~f["has_clock"] & (received <= s.census) & f["referral_closed_on"].isnull() & f["outside_rtt_on"].isnull()
    return waiting, say(
        "Referral received ", in_words(received), "; no event has started or stopped a clock, or put it outside RTT."
    )


@_check
def start_after_census(f: Any, s: Setting) -> Found:
    referral, later = f["referral_received_on"], f["later_event_on"]
    said = say(
        where(referral > s.census, "Referral received ", in_words(referral), ". "),
        where(later > s.census, "An event on ", in_words(later), "."),
    )
    return (referral > s.census).fill_null(False) | (later > s.census).fill_null(False), said.strip()


@_check
def stop_before_start(f: Any, s: Setting) -> Found:
    stop = f["stray_stop_on"]
    start = ibis.coalesce(f["clock_start"], f["referral_received_on"])
    closed_early = (f["referral_closed_on"] < f["referral_received_on"]).fill_null(False)
    stopped_early = (stop < start).fill_null(False) | (stop < f["referral_received_on"]).fill_null(False)
    said = say(
        where(stopped_early, "Status ", f["stray_stop"], " on ", in_words(stop), ". "),
        where(closed_early, "Referral closed ", in_words(f["referral_closed_on"]), ". "),
        "Referral received ",
        in_words(f["referral_received_on"]),
        ".",
        where(f["clock_start"].notnull(), " ", _clock(f)),
    )
    return stopped_early | closed_early, said


@_check
def carried_forward(f: Any, s: Setting) -> Found:
    said = say("Not in the newest extract of ", f["sender"], ". Last event ", in_words(f["last_event_on"]), ".")
    return f["carried_forward"], said


@_check
def monitoring_unreviewed(f: Any, s: Setting) -> Found:
    last = ibis.greatest(f["clock_stop"], f["reviewed_on"])
    watched = (f["outcome"] == "stopped") & f["stop_status"].isin(["31", "32"])
    said = say("Active monitoring since ", in_words(f["clock_stop"]), "; last seen or reviewed ", in_words(last), ".")
    alive = f["death_date"].isnull() & f["died_on"].isnull() & f["referral_closed_on"].isnull()
    return watched & alive & (last < weeks_before(s.census, REVIEW_WEEKS)), said


# --- lists and bookings ---------------------------------------------------------------------------------------------


@_check
def decision_without_list_entry(f: Any, s: Setting) -> Found:
    decided = f["decided_on"]
    admitted_since = (f["admission_on"] >= decided).fill_null(False)
    listed = f["on_list"] | (f["entry_added_on"] >= decided).fill_null(False)
    said = say("Decision to treat on ", in_words(decided), "; no entry on an admitted list. ", _clock(f))
    return f["is_open"] & decided.notnull() & ~listed & ~admitted_since, said


@_check
def list_entry_without_clock(f: Any, s: Setting) -> Found:
    ended = where(f["clock_stop"].notnull(), " The last clock stopped ", in_words(f["clock_stop"]), ".")
    said = say("On the admitted list since ", in_words(f["decision_to_admit_on"]), ".", ended)
    return f["on_list"] & ~f["is_open"], said


@_check
def tci_past(f: Any, s: Setting) -> Found:
    tci = f["tci"]
    came = (f["admission_on"] >= tci).fill_null(False)
    return f["on_list"] & (tci < s.census) & ~came, say("To come in on ", in_words(tci), "; no admission since.")


@_check
def p2_overdue(f: Any, s: Setting) -> Found:
    return _overdue(f, s, f["clinical_priority"] == "P2")


@_check
def priority_overdue(f: Any, s: Setting) -> Found:
    return _overdue(f, s, f["clinical_priority"] != "P2")


def _overdue(f: Any, s: Setting, which: Value) -> Found:
    late = f["is_open"] & f["on_list"] & which & (f["priority_due_on"] < s.census)
    said = say(
        f["clinical_priority"],
        " set ",
        in_words(f["priority_set_on"]),
        ", so due by ",
        in_words(f["priority_due_on"]),
        ".",
    )
    return late, said


@_check
def missing_priority(f: Any, s: Setting) -> Found:
    said = say("On the admitted list since ", in_words(f["decision_to_admit_on"]), " without a clinical priority.")
    return f["on_list"] & f["clinical_priority"].isnull(), said


@_check
def missing_procedure(f: Any, s: Setting) -> Found:
    said = say("On the admitted list since ", in_words(f["decision_to_admit_on"]), " without a procedure.")
    return f["on_list"] & f["procedure"].isnull(), said


@_check
def planned_overdue(f: Any, s: Setting) -> Found:
    due = f["planned_due_on"]
    came = (f["admission_on"] >= due).fill_null(False)
    return (due < s.census) & ~came, say("Planned for ", in_words(due), "; no admission since.")


@_check
def no_next_event(f: Any, s: Setting) -> Found:
    said = say("Last event ", in_words(f["last_event_on"]), "; nothing booked after it.")
    return f["is_open"] & f["next_event_on"].isnull(), said


@_check
def stale(f: Any, s: Setting) -> Found:
    quiet = f["last_event_on"] < s.census - timedelta(days=STALE_DAYS)
    return f["is_open"] & quiet, say("Last event ", in_words(f["last_event_on"]), ".")


@_check
def attended_no_outcome(f: Any, s: Setting) -> Found:
    on = f["unanswered_on"]
    return on.notnull(), say("Attended ", in_words(on), "; no outcome recorded.")


@_check
def validation_due(f: Any, s: Setting) -> Found:
    """The newest validation point reached, and no validation on it or after it.

    Points are at 12, 26 and 52 weeks from the clock start and every 12 weeks after.
    """
    start, validated = f["clock_start"], f["last_validated_on"]
    waited = f["days_waited"]
    after = 52 + ((waited - 52 * 7) / 84).floor().cast("int32") * 12
    weeks = ibis.cases(
        (waited >= 52 * 7, after), (waited >= 26 * 7, 26), (waited >= 12 * 7, 12), else_=ibis.null("int32")
    )
    point = start + (weeks * 7).as_interval("D")
    said = say(
        "Reached ",
        weeks,
        " weeks on ",
        in_words(point),
        "; ",
        ibis.ifelse(validated.isnull(), "never validated", say("last validated ", in_words(validated))),
        ".",
    )
    return f["is_open"] & weeks.notnull() & (validated.isnull() | (validated < point)), said


# --- codes ----------------------------------------------------------------------------------------------------------


@_check
def inactive_treatment_function(f: Any, s: Setting) -> Found:
    functions = treatment_functions.all_functions()
    active = [name for name, function in functions.items() if function.active(s.census)]
    known = [name for name in functions if name not in active]
    code = f["treatment_function"]
    said = ibis.cases(
        (code.isnull(), "No treatment function."),
        (code.isin(known or ["-"]), say("Treatment function ", code, " is no longer in use.")),
        else_=say("Treatment function ", code, " is not in the national list."),
    )
    return f["is_open"] & (code.isnull() | code.notin(active)), said


@_check
def inactive_organisation(f: Any, s: Setting) -> Found:
    closed = f["commissioner"].isin(sorted(s.closed_organisations) or ["-"])
    return f["is_open"] & closed, say("Commissioner ", f["commissioner"], " has closed.")


# --- two rows of one thing ------------------------------------------------------------------------------------------


@_check
def duplicate_open_pathway(f: Any, s: Setting) -> Found:
    alike = [
        ibis.ifelse(f["is_open"], f["person_key"], f["pathway_key"]),
        f["treatment_function"],
        f["referral_received_on"],
    ]
    count = f["pathway_key"].count().over(group_by=alike)
    first = f["pathway_key"].min().over(group_by=alike)
    last = f["pathway_key"].max().over(group_by=alike)
    other = ibis.ifelse(first == f["pathway_key"], last, first)
    said = say(
        "Same person, treatment function ",
        f["treatment_function"],
        " and referral date ",
        in_words(f["referral_received_on"]),
        " as pathway ",
        other,
        where(count > 2, " and ", count - 2, " more"),
        ".",
    )
    comparable = f["treatment_function"].notnull() & f["referral_received_on"].notnull()
    return f["is_open"] & comparable & (count > 1), said


#: Rules that are the issues of the clock itself, in the words of the evidence.
ISSUE_CHECKS = dict(codes.ISSUE_WORDS)
