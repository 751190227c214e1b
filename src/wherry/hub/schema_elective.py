"""Feeds and tables of elective work: capacity, cancer, diagnostics, follow-ups, and what makes waiting harmful."""

from __future__ import annotations

from wherry.hub.shape import BOOL, DATE, INT, LINEAGE, REAL, TEXT, Column, Shape

C = Column

# --- what organisations send ----------------------------------------------------------------------------------------

SESSION = Shape(
    "session",
    "a theatre session, a clinic or a session of tests, held or planned",
    ("session_id",),
    (
        C("session_id", TEXT, "the organisation's own number of the session", True),
        C("kind", TEXT, "theatre, clinic, diagnostic", True),
        C("site", TEXT, "site code", True),
        C("session_on", DATE, "day of the session", True),
        C("treatment_function", TEXT, "treatment function it belongs to; blank for tests"),
        C("procedure_group", TEXT, "group of procedures it is kept for; blank is any of the function"),
        C("test", TEXT, "kind of test, for diagnostic sessions"),
        C("complexity", TEXT, "hardest case it can take: routine, intermediate, complex; blank is as the site"),
        C("status", TEXT, "planned, held, cancelled", True),
        C("planned_minutes", INT, "minutes planned"),
        C("planned_slots", INT, "patients planned for; blank for theatre sessions"),
        C("booked_minutes", INT, "theatre minutes already promised to booked patients"),
        C("booked_slots", INT, "patients booked; of a held session, patients seen"),
    ),
    person_level=False,
)

THEATRE_CASE = Shape(
    "theatre_case",
    "one operation within a theatre session that was held",
    ("case_id",),
    (
        C("case_id", TEXT, "the organisation's own number of the case", True),
        C("session_id", TEXT, "the session", True),
        C("procedure", TEXT, "procedure done, OPCS-4"),
        C(
            "from_minute",
            INT,
            "minutes from the planned start of the session to the start of anaesthesia; may be negative",
        ),
        C("to_minute", INT, "minutes from the planned start of the session to leaving the theatre"),
    ),
    person_level=False,
)

CONTACT_DETAIL = Shape(
    "contact_detail",
    "how a person wants to be reached, and what they need",
    ("local_patient_id",),
    (
        C("local_patient_id", TEXT, "the organisation's own number", True),
        C("telephone", TEXT, "telephone number"),
        C("contact_by", TEXT, "online, telephone, letter: how the person wants to be reached"),
        C("needs", TEXT, "help needed, joined by semicolons: interpreter, large_print, easy_read, hospital_transport"),
        C("miles_willing", INT, "farthest the person has said they would travel, miles; blank if never asked"),
    ),
)

OBSERVATION = Shape(
    "observation",
    "a measured or judged fact about a person",
    ("observation_id",),
    (
        C("observation_id", TEXT, "the organisation's own number", True),
        C("local_patient_id", TEXT, "the organisation's own number of the person", True),
        C("observed_on", DATE, "day", True),
        C("code", TEXT, "clinical_frailty_scale (1 to 9), asa_grade (1 to 5), body_mass_index", True),
        C("value", REAL, "value, in the unit of the code", True),
    ),
)

EMERGENCY_ATTENDANCE = Shape(
    "emergency_attendance",
    "a visit to an emergency department",
    ("attendance_id",),
    (
        C("attendance_id", TEXT, "the organisation's own number", True),
        C("local_patient_id", TEXT, "the organisation's own number of the person", True),
        C("arrived_on", DATE, "day of arrival", True),
        C("site", TEXT, "site code"),
        C("admitted", BOOL, "admitted from the department"),
    ),
)

FOLLOW_UP = Shape(
    "follow_up",
    "a follow-up that is owed, or open to the patient to ask for",
    ("follow_up_id",),
    (
        C("follow_up_id", TEXT, "the organisation's own number", True),
        C("ppid", TEXT, "patient pathway identifier", True),
        C("ppid_issuer", TEXT, "organisation that issued it", True),
        C("treatment_function", TEXT, "treatment function"),
        C("site", TEXT, "site code"),
        C("reason", TEXT, "after_treatment, long_term_stable, long_term_unstable, surveillance, results"),
        C("last_seen_on", DATE, "last contact"),
        C("latest_on", DATE, "latest clinically appropriate date; blank for patient-initiated"),
        C("initiated_by", TEXT, "clinic, patient", True),
        C("open_until", DATE, "last day on which the patient may ask to be seen, if patient-initiated"),
        C("booked_for", DATE, "date booked"),
        C("closed_on", DATE, "seen or discharged"),
    ),
)

DIAGNOSTIC_REQUEST = Shape(
    "diagnostic_request",
    "a diagnostic test asked for",
    ("request_id",),
    (
        C("request_id", TEXT, "the organisation's own number", True),
        C("local_patient_id", TEXT, "the organisation's own number of the person", True),
        C("ppid", TEXT, "patient pathway identifier, where it belongs to one"),
        C("ppid_issuer", TEXT, "organisation that issued it"),
        C("test", TEXT, "kind of test of the six-week return", True),
        C("priority", TEXT, "D1 to D6"),
        C("requested_on", DATE, "day it was asked for"),
        C("clock_start_on", DATE, "day the diagnostic clock started; for planned tests the day it fell due"),
        C("planned", BOOL, "surveillance at a set interval, not waiting before its due date"),
        C("planned_due_on", DATE, "due date of a planned test"),
        C("site", TEXT, "site that is to do it"),
        C("booked_for", DATE, "date booked"),
        C("performed_on", DATE, "date done"),
        C("reported_on", DATE, "date reported"),
        C("removed_on", DATE, "date taken off the list without a test"),
    ),
)

CANCER_PATHWAY = Shape(
    "cancer_pathway",
    "a suspected or diagnosed cancer, one row a treatment",
    ("cancer_id",),
    (
        C("cancer_id", TEXT, "the organisation's own number", True),
        C("ppid", TEXT, "patient pathway identifier", True),
        C("ppid_issuer", TEXT, "organisation that issued it", True),
        C(
            "tumour_group",
            TEXT,
            "lung, lower_gi, prostate, upper_gi, breast, skin, gynaecological, urological, head_and_neck, other",
            True,
        ),
        C("route", TEXT, "usc, breast_symptomatic, screening, upgrade, other", True),
        C("treatment_order", TEXT, "first, subsequent; blank is first"),
        C("receipt_date", DATE, "referral received"),
        C("upgrade_date", DATE, "consultant upgrade"),
        C("first_seen_on", DATE, "first seen or first test"),
        C("first_seen_adjustment_days", INT, "days taken off for a first did-not-attend"),
        C("informed_date", DATE, "patient told that cancer is diagnosed or ruled out"),
        C("fds_end_reason", TEXT, "cancer, ruled_out; blank if not recorded"),
        C("fds_exclusion", BOOL, "outside the faster diagnosis standard"),
        C("mdt_on", DATE, "discussed by the multidisciplinary team"),
        C("dtt_date", DATE, "decision to treat"),
        C("ecad_date", DATE, "earliest clinically appropriate date"),
        C("treatment_booked_for", DATE, "treatment planned for"),
        C("treatment_date", DATE, "treatment started"),
        C("treatment_adjustment_days", INT, "days taken off for a declined treatment date"),
        C("modality", TEXT, "surgery, drug, radiotherapy, palliative, monitoring, other"),
        C("complexity", TEXT, "routine, intermediate, complex"),
        C("site", TEXT, "site that is to treat, or that has the patient now"),
        C("referred_from", TEXT, "trust that passed the patient on, if another did"),
        C("transferred_on", DATE, "day the inter-provider transfer was made"),
        C("owner", TEXT, "team that tracks the patient"),
        C("closed_on", DATE, "taken off tracking without treatment: cancer ruled out, died, declined"),
    ),
)

CANCER_EVENT = Shape(
    "cancer_event",
    "a milestone of a cancer pathway, done or planned",
    ("event_id",),
    (
        C("event_id", TEXT, "the organisation's own number", True),
        C("cancer_id", TEXT, "the cancer pathway", True),
        C("milestone", TEXT, "code of the milestone in the timed pathways", True),
        C("planned_for", DATE, "date booked"),
        C("done_on", DATE, "date done; blank while planned"),
        C("site", TEXT, "site code"),
    ),
)

FEEDS = (
    SESSION,
    THEATRE_CASE,
    CONTACT_DETAIL,
    OBSERVATION,
    EMERGENCY_ATTENDANCE,
    FOLLOW_UP,
    DIAGNOSTIC_REQUEST,
    CANCER_PATHWAY,
    CANCER_EVENT,
)

# --- what a snapshot publishes: as sent -----------------------------------------------------------------------------


def _but(feed: Shape, *names: str) -> tuple[Column, ...]:
    return tuple(column for column in feed.columns if column.name not in names)


_PERSON = (
    C("identity_key", TEXT, "the identity it was sent for", True),
    C("person_key", TEXT, "the person", True),
)
_PATHWAY = (C("pathway_key", TEXT, "pathway", True), C("person_key", TEXT, "the person", True))
_PATHWAY_IDS = ("ppid", "ppid_issuer")

AS_SENT = (
    Shape(
        "capacity_session",
        SESSION.row,
        ("session_key",),
        (
            C("session_key", TEXT, "source:session_id", True),
            C("organisation", TEXT, "trust: the source that sent it", True),
            *SESSION.columns,
            *LINEAGE,
        ),
        person_level=False,
    ),
    Shape(
        "theatre_case",
        THEATRE_CASE.row,
        ("case_key",),
        (
            C("case_key", TEXT, "source:case_id", True),
            C("session_key", TEXT, "source:session_id", True),
            *THEATRE_CASE.columns,
            *LINEAGE,
        ),
        person_level=False,
    ),
    Shape("contact_detail", CONTACT_DETAIL.row, ("identity_key",), (*_PERSON, *CONTACT_DETAIL.columns, *LINEAGE)),
    Shape(
        "observation",
        OBSERVATION.row,
        ("observation_key",),
        (C("observation_key", TEXT, "source:observation_id", True), *_PERSON, *OBSERVATION.columns, *LINEAGE),
    ),
    Shape(
        "emergency_attendance",
        EMERGENCY_ATTENDANCE.row,
        ("attendance_key",),
        (C("attendance_key", TEXT, "source:attendance_id", True), *_PERSON, *EMERGENCY_ATTENDANCE.columns, *LINEAGE),
    ),
    Shape(
        "follow_up",
        FOLLOW_UP.row,
        ("follow_up_key",),
        (
            C("follow_up_key", TEXT, "source:follow_up_id", True),
            *_PATHWAY,
            *_but(FOLLOW_UP, *_PATHWAY_IDS),
            *LINEAGE,
        ),
    ),
    Shape(
        "diagnostic_request",
        DIAGNOSTIC_REQUEST.row,
        ("request_key",),
        (
            C("request_key", TEXT, "source:request_id", True),
            *_PERSON,
            C("pathway_key", TEXT, "pathway, where it belongs to one"),
            *_but(DIAGNOSTIC_REQUEST, *_PATHWAY_IDS),
            *LINEAGE,
        ),
    ),
    Shape(
        "cancer_pathway",
        CANCER_PATHWAY.row,
        ("cancer_key",),
        (
            C("cancer_key", TEXT, "source:cancer_id", True),
            *_PATHWAY,
            *_but(CANCER_PATHWAY, *_PATHWAY_IDS),
            *LINEAGE,
        ),
    ),
    Shape(
        "cancer_event",
        CANCER_EVENT.row,
        ("event_key",),
        (
            C("event_key", TEXT, "source:event_id", True),
            C("cancer_key", TEXT, "source:cancer_id", True),
            *CANCER_EVENT.columns,
            *LINEAGE,
        ),
    ),
)

# --- what a snapshot publishes: derived -----------------------------------------------------------------------------

DERIVED = (
    Shape(
        "capacity_week",
        "what one site can do in one week for one kind of work",
        ("kind", "site", "week_start", "treatment_function", "procedure_group", "test", "complexity"),
        (
            C("kind", TEXT, "theatre, clinic, diagnostic", True),
            C("organisation", TEXT, "trust", True),
            C("site", TEXT, "site", True),
            C("week_start", DATE, "Monday", True),
            C("treatment_function", TEXT, "treatment function; empty for tests", True),
            C("procedure_group", TEXT, "group of procedures it is kept for; empty is any of the function", True),
            C("test", TEXT, "kind of test; empty but for diagnostic sessions", True),
            C("complexity", TEXT, "hardest case it can take", True),
            C("sessions", INT, "sessions planned or held", True),
            C("cancelled", INT, "sessions cancelled", True),
            C("planned_minutes", INT, "minutes planned, cancelled sessions left out", True),
            C("planned_slots", INT, "patients planned for; for theatre, minutes over the usual case", True),
            C("booked_minutes", INT, "minutes promised or used", True),
            C("booked_slots", INT, "patients booked or seen", True),
            C("free_minutes", INT, "minutes not promised, never below 0; 0 in weeks that are past", True),
            C("free_slots", INT, "places not promised, never below 0; 0 in weeks that are past", True),
        ),
        person_level=False,
    ),
    Shape(
        "case_length",
        "how long a group of procedures takes at a site, from the cases of the last 26 weeks",
        ("site", "procedure_group"),
        (
            C("organisation", TEXT, "trust", True),
            C("site", TEXT, "site", True),
            C("procedure_group", TEXT, "group of procedures", True),
            C("cases", INT, "cases", True),
            C("mean_minutes", REAL, "mean minutes from anaesthesia to leaving", True),
            C("median_minutes", REAL, "median", True),
            C("upper_minutes", REAL, "80th centile", True),
            C("turnover_minutes", REAL, "mean minutes between cases of a session"),
        ),
        person_level=False,
    ),
    Shape(
        "theatre_use",
        "how a site's theatre sessions of one week and function were used",
        ("site", "week_start", "treatment_function"),
        (
            C("organisation", TEXT, "trust", True),
            C("site", TEXT, "site", True),
            C("week_start", DATE, "Monday", True),
            C("treatment_function", TEXT, "treatment function", True),
            C("sessions_planned", INT, "sessions planned, cancelled ones counted", True),
            C("sessions_held", INT, "sessions held", True),
            C("sessions_with_cases", INT, "sessions held that have a case with both times: the minutes are theirs"),
            C("planned_minutes", INT, "minutes of the sessions held that have a case", True),
            C("touch_minutes", INT, "minutes of cases, wherever they fell", True),
            C("capped_minutes", INT, "minutes of cases within the planned session", True),
            C("late_start_minutes", INT, "minutes from planned start to the first case", True),
            C("early_finish_minutes", INT, "minutes from the last case to the planned end", True),
            C("cases", INT, "cases", True),
        ),
        person_level=False,
    ),
    Shape(
        "diagnostic_list",
        "one person waiting for one test, longest first",
        ("request_key",),
        (
            C("request_key", TEXT, "test asked for", True),
            C("identity_key", TEXT, "identity at the organisation that is to do it", True),
            C("person_key", TEXT, "person", True),
            C("pathway_key", TEXT, "pathway, where it belongs to one"),
            C("surname", TEXT, "family name"),
            C("forename", TEXT, "first given name"),
            C("nhs_number", TEXT, "NHS number if valid"),
            C("birth_date", DATE, "date of birth"),
            C("age", INT, "whole years at the census"),
            C("sex", TEXT, "1, 2, 9 or X"),
            C("imd_quintile", INT, "deprivation quintile, 1 most deprived"),
            C("lsoa", TEXT, "LSOA of residence"),
            C("organisation", TEXT, "trust that is to do it", True),
            C("site", TEXT, "site"),
            C("test", TEXT, "kind of test", True),
            C("priority", TEXT, "D1 to D6"),
            C("on_cancer_pathway", BOOL, "belongs to an open cancer pathway", True),
            C("clock_start_on", DATE, "day the diagnostic clock started; blank if unknown"),
            C("days_waited", INT, "days; blank if the start is unknown"),
            C("weeks_waited", INT, "whole weeks"),
            C("breach_on", DATE, "first day beyond six weeks"),
            C("over_six_weeks", BOOL, "waited more than 42 days", True),
            C("booked_for", DATE, "date booked, today or later"),
            C("planned_overdue", BOOL, "a planned test past its due date", True),
        ),
    ),
    Shape(
        "cancer_wait",
        "the three cancer clocks of one cancer pathway, with what is next",
        ("cancer_key",),
        (
            C("cancer_key", TEXT, "cancer pathway", True),
            C("pathway_key", TEXT, "pathway", True),
            C("person_key", TEXT, "person", True),
            C("identity_key", TEXT, "identity at the organisation that tracks", True),
            C("surname", TEXT, "family name"),
            C("forename", TEXT, "first given name"),
            C("nhs_number", TEXT, "NHS number if valid"),
            C("birth_date", DATE, "date of birth"),
            C("age", INT, "whole years at the census"),
            C("sex", TEXT, "1, 2, 9 or X"),
            C("imd_quintile", INT, "deprivation quintile, 1 most deprived"),
            C("ethnic_category", TEXT, "A to S, Z, 99"),
            C("lsoa", TEXT, "LSOA of residence"),
            C("organisation", TEXT, "trust that tracks", True),
            C("site", TEXT, "site that has the patient or is to treat"),
            C("tumour_group", TEXT, "tumour group", True),
            C("route", TEXT, "usc, breast_symptomatic, screening, upgrade, other", True),
            C("complexity", TEXT, "routine, intermediate, complex"),
            C("owner", TEXT, "team that tracks"),
            C("start_on", DATE, "receipt, or upgrade: day 0 of the pathway"),
            C("day", INT, "day of the pathway at the census, unadjusted"),
            C("fds_wait", INT, "contract B"),
            C("fds_status", TEXT, "contract B", True),
            C("d31_wait", INT, "contract B"),
            C("d31_status", TEXT, "contract B", True),
            C("d62_wait", INT, "contract B"),
            C("d62_status", TEXT, "contract B", True),
            C("breach_on", DATE, "first day beyond the nearest open limit; blank if none is open"),
            C("breach_clock", TEXT, "fds, d31 or d62: the clock of breach_on"),
            C("tracked", BOOL, "neither treated nor closed: on the tracking list", True),
            C("last_milestone", TEXT, "last milestone done"),
            C("last_milestone_on", DATE, "day it was done"),
            C("next_milestone", TEXT, "next milestone of the timed pathway that is not done"),
            C("next_due_on", DATE, "day the timed pathway wants it by"),
            C("next_planned_for", DATE, "date booked for it"),
            C("days_late", INT, "days by which the next milestone is late, 0 if it is not; by booking if booked"),
            C("referred_from", TEXT, "trust that passed the patient on"),
            C("transferred_on", DATE, "day of the inter-provider transfer"),
            C("concerns", TEXT, "codes of what is wrong, worst first, joined by semicolons", True),
            C("why", TEXT, "what is late and by how much, in one sentence", True),
        ),
    ),
    Shape(
        "waiting_risk",
        "a reason to look at one waiting person before others do come to harm",
        ("pathway_key", "period", "reason"),
        (
            C("pathway_key", TEXT, "pathway", True),
            C("period", INT, "clock", True),
            C("reason", TEXT, "long_wait, review_overdue, emergency_attendances, frail, priority_overdue", True),
            C("evidence", TEXT, "dates and numbers, in words", True),
            C("harm_review_due", BOOL, "52 weeks of waiting, or 104 days on a cancer pathway", True),
        ),
    ),
)

TABLES = (*AS_SENT, *DERIVED)
