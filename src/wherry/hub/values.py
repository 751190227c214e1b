"""What each column of a feed may hold, and how text becomes a date or a number.

Here are the words that coded columns use, the forms that some text must have, the least and most that numbers may be,
and which dates cannot lie ahead. `check` applies them row by row; `templates` holds each source's codes against them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
import pyarrow as pa

from wherry.hub.schema import EVENT_TYPES
from wherry.reference.diagnostic_tests import TESTS
from wherry.reference.procedure_groups import GROUPS
from wherry.reference.services import COMPLEXITIES

#: Values that a column may have, after its local codes. Columns that are not here are opaque text.
DOMAINS: dict[str, dict[str, tuple[str, ...]]] = {
    "patient": {
        "nhs_number_status": ("01", "02", "03", "04", "05", "06", "07", "08"),
        "sex": ("1", "2", "9", "X"),
        "ethnic_category": (*"ABCDEFGHJKLMNPRSZ", "99"),
    },
    "referral": {
        "referral_source": ("gp", "consultant", "emergency", "self", "optometrist", "other"),
        "priority_type": ("1", "2", "3"),
    },
    "event": {"event_type": EVENT_TYPES},
    "list_entry": {
        "list_type": ("admitted", "planned"),
        "clinical_priority": ("P1a", "P1b", "P2", "P3", "P4", "P5", "P6"),
        "intended_management": ("inpatient", "day_case"),
    },
    "appointment": {
        "kind": ("first", "follow_up", "pre_op", "diagnostic"),
        "status": ("booked", "cancelled"),
    },
    "opt_out": {},
    "session": {
        "kind": ("theatre", "clinic", "diagnostic"),
        "procedure_group": tuple(GROUPS),
        "test": tuple(TESTS),
        "complexity": COMPLEXITIES,
        "status": ("planned", "held", "cancelled"),
    },
    "theatre_case": {},
    "contact_detail": {"contact_by": ("online", "telephone", "letter")},
    "observation": {"code": ("clinical_frailty_scale", "asa_grade", "body_mass_index")},
    "emergency_attendance": {},
    "follow_up": {
        "reason": ("after_treatment", "long_term_stable", "long_term_unstable", "surveillance", "results"),
        "initiated_by": ("clinic", "patient"),
    },
    "diagnostic_request": {"test": tuple(TESTS), "priority": ("D1", "D2", "D3", "D4", "D5", "D6")},
    "cancer_pathway": {
        "tumour_group": (
            *("lung", "lower_gi", "prostate", "upper_gi", "breast", "skin", "gynaecological", "urological"),
            *("head_and_neck", "other"),
        ),
        "route": ("usc", "breast_symptomatic", "screening", "upgrade", "other"),
        "treatment_order": ("first", "subsequent"),
        "fds_end_reason": ("cancer", "ruled_out"),
        "modality": ("surgery", "drug", "radiotherapy", "palliative", "monitoring", "other"),
        "complexity": COMPLEXITIES,
    },
    "cancer_event": {},
}

_NEED = "(interpreter|large_print|easy_read|hospital_transport)"
#: Text that must have a form, after its local codes.
FORMS = {
    ("event", "rtt_status"): (r"^[0-9]{2}$", "two digits"),
    ("opt_out", "nhs_number"): (r"^[0-9]{10}$", "ten digits"),
    ("contact_detail", "telephone"): (r"^[+]?[0-9][0-9 ()-]{8,18}$", "a telephone number"),
    ("contact_detail", "needs"): (
        f"^{_NEED}(;{_NEED})*$",
        "of interpreter, large_print, easy_read, hospital_transport, joined by semicolons",
    ),
    ("cancer_event", "milestone"): (r"^[a-z][a-z0-9_]*$", "a code of small letters"),
}

#: Dates that cannot be later than the extract that reports them. Bookings, plans and dates due may be; so may the
#: earliest clinically appropriate date, and the clock of a planned test that is not due yet.
PAST = frozenset(
    {
        *("event_on", "birth_date", "death_date", "referral_received_on", "referral_closed_on", "added_on"),
        *("priority_reviewed_on", "removed_on", "last_validated_on"),
        *("observed_on", "arrived_on", "last_seen_on", "closed_on", "requested_on", "performed_on", "reported_on"),
        *("receipt_date", "upgrade_date", "first_seen_on", "informed_date", "mdt_on", "dtt_date", "treatment_date"),
        *("transferred_on", "done_on"),
    }
)
#: Optional columns whose bad value makes the whole row doubtful: a wrong date of birth links the wrong people.
HARD = frozenset({"birth_date"})
#: Required columns whose missing or unknown value must not take somebody off a list: the row is published with this
#: word, and `blanked_value` says what was there.
STANDS_IN = {
    ("diagnostic_request", "test"): "unknown",
    ("cancer_pathway", "tumour_group"): "other",
    ("cancer_pathway", "route"): "other",
}
#: Nothing on an elective list is planned further ahead than this.
YEARS_AHEAD = 10
EARLIEST = date(1900, 1, 1)


@dataclass(frozen=True)
class Limit:
    """The least and the most that a number may be, both included."""

    low: int
    high: int
    whole: bool = False

    def words(self) -> str:
        """The same in words.

        >>> Limit(1, 9, whole=True).words()
        'which is not a whole number from 1 to 9'
        """
        return f"which is not {'a whole number ' if self.whole else ''}from {self.low} to {self.high}"


_DAY_OF_MINUTES = Limit(0, 1440)
_PATIENTS = Limit(0, 500)
#: Numbers beyond these are slips of a key, never a session, a journey or an adjustment. Own defaults.
LIMITS = {
    ("session", "planned_minutes"): _DAY_OF_MINUTES,
    ("session", "booked_minutes"): _DAY_OF_MINUTES,
    ("session", "planned_slots"): _PATIENTS,
    ("session", "booked_slots"): _PATIENTS,
    # A case may begin up to four hours before its session was to begin, and end on the next day.
    ("theatre_case", "from_minute"): Limit(-240, 1440),
    ("theatre_case", "to_minute"): Limit(-240, 2880),
    ("contact_detail", "miles_willing"): Limit(0, 1000),
    ("cancer_pathway", "first_seen_adjustment_days"): Limit(0, 365),
    ("cancer_pathway", "treatment_adjustment_days"): Limit(0, 365),
}
#: Numbers whose range hangs on another column of the row: that column, and the limit for each of its words.
#: Clinical Frailty Scale 1 to 9 (Rockwood); ASA physical status I to V and VI for a donor, who is on no list.
SCALES = {
    ("observation", "value"): (
        "code",
        {
            "clinical_frailty_scale": Limit(1, 9, whole=True),
            "asa_grade": Limit(1, 5, whole=True),
            "body_mass_index": Limit(5, 150),
        },
    )
}

_MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"


def read_date(text: ibis.expr.types.StringValue, form: str) -> ibis.expr.types.DateValue:
    """A date from text, or null where the text is not a date of that form: no guessing of day and month."""
    if form == "YYYY-MM-DD":
        pattern, iso = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", text
    elif form == "DD/MM/YYYY":
        pattern = r"^[0-9]{2}/[0-9]{2}/[0-9]{4}$"
        iso = text.right(4) + "-" + text.left(5).right(2) + "-" + text.left(2)
    elif form == "DD-MON-YYYY":
        pattern = r"^[0-9]{2}-[A-Za-z]{3}-[0-9]{4}$"
        # The place of the month in the list of months, from 1; 0, which is no month, where it is not there.
        place = (ibis.literal(_MONTHS).find(text.left(6).right(3).upper()) + 4) // 4
        iso = text.right(4) + "-" + (ibis.literal("0") + place.cast("string")).right(2) + "-" + text.left(2)
    else:
        pattern = r"^[0-9]{8}$"
        iso = text.left(4) + "-" + text.left(6).right(2) + "-" + text.right(2)
    # The pattern comes first: engines differ in what else they take for a date.
    return ibis.ifelse(text.re_search(pattern), iso, ibis.null("string")).try_cast("date")


def read_number(text: ibis.expr.types.StringValue, kind: pa.DataType) -> ibis.expr.types.NumericValue:
    """A number from text, or null where it is none: at most nine digits, a point only where `kind` is not whole.

    A whole number may be written with a point and zeros, as spreadsheets do. No thousands, no exponent, no plus.
    """
    if kind == pa.int32():
        pattern, digits, target = r"^-?[0-9]{1,9}([.]0{1,6})?$", text.re_replace(r"[.]0+$", ""), "int32"
    else:
        pattern, digits, target = r"^-?[0-9]{1,9}([.][0-9]{1,6})?$", text, "float64"
    # The pattern comes first: engines differ in what else they take for a number.
    return ibis.ifelse(text.re_search(pattern), digits, ibis.null("string")).try_cast(target)
