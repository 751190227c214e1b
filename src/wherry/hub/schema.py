"""Every feed that comes in and every table that goes out, column by column.

Two contracts live here, both as plain `pyarrow` schemas. A *feed* is what one organisation sends about one subject; a
source template (TOML) maps a file's own headers and codes onto it. A *table* is what a snapshot publishes. Text is
UTF-8, dates are `date32`, moments are UTC microseconds. `docs/tables.md` is written from this module.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa

TEXT, DATE, BOOL, INT, BIG, REAL = pa.string(), pa.date32(), pa.bool_(), pa.int32(), pa.int64(), pa.float64()
MOMENT = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class Column:
    """One column: its type, whether a row without it is refused (feeds) or impossible (tables), and its meaning."""

    name: str
    type: pa.DataType
    words: str
    required: bool = False


@dataclass(frozen=True)
class Shape:
    """One feed or table: what a row is, its key and its columns. `person_level` tables need a purpose."""

    name: str
    row: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    person_level: bool = True
    schema: pa.Schema = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        fields = [pa.field(c.name, c.type, nullable=not c.required, metadata={"words": c.words}) for c in self.columns]
        object.__setattr__(self, "schema", pa.schema(fields))


def _shapes(*shapes: Shape) -> dict[str, Shape]:
    return {shape.name: shape for shape in shapes}


C = Column

# --- what organisations send ----------------------------------------------------------------------------------------

FEEDS = _shapes(
    Shape(
        "patient",
        "a person as one organisation knows them",
        ("local_patient_id",),
        (
            C("local_patient_id", TEXT, "the organisation's own number", True),
            C("nhs_number", TEXT, "ten digits, as sent; may be wrong or missing"),
            C("nhs_number_status", TEXT, "01 verified, 02 present not traced, 03 trace required, 07 not present"),
            C("surname", TEXT, "family name"),
            C("forename", TEXT, "first given name"),
            C("birth_date", DATE, "date of birth"),
            C("sex", TEXT, "1 male, 2 female, 9 indeterminate, X not known"),
            C("ethnic_category", TEXT, "A to S, Z not stated, 99 not known"),
            C("address_line", TEXT, "house and street"),
            C("postcode", TEXT, "postcode"),
            C("lsoa", TEXT, "lower layer super output area of residence, 2011"),
            C("gp_practice", TEXT, "practice code"),
            C("death_date", DATE, "date of death"),
        ),
    ),
    Shape(
        "referral",
        "a referral, which opens a pathway",
        ("ppid", "ppid_issuer"),
        (
            C("ppid", TEXT, "patient pathway identifier", True),
            C("ppid_issuer", TEXT, "organisation that issued it", True),
            C("local_patient_id", TEXT, "the organisation's own number", True),
            C("referral_received_on", DATE, "date the referral was received"),
            C("referral_source", TEXT, "gp, consultant, emergency, self, optometrist, other"),
            C("referrer", TEXT, "referring organisation, usually a practice"),
            C("treatment_function", TEXT, "treatment function referred to"),
            C("priority_type", TEXT, "1 routine, 2 urgent, 3 two-week wait"),
            C("commissioner", TEXT, "commissioning organisation"),
            C("referral_closed_on", DATE, "date the organisation closed the referral"),
        ),
    ),
    Shape(
        "event",
        "anything that happened on a pathway up to the extract date",
        ("event_id",),
        (
            C("event_id", TEXT, "the organisation's own number of the event", True),
            C("ppid", TEXT, "patient pathway identifier", True),
            C("ppid_issuer", TEXT, "organisation that issued it", True),
            C("event_on", DATE, "date it happened", True),
            C("event_type", TEXT, "one of the event types of the clock contract", True),
            C("rtt_status", TEXT, "referral-to-treatment status, two digits"),
            C("site", TEXT, "site code"),
            C("treatment_function", TEXT, "treatment function"),
            C("first_activity", BOOL, "first activity of the pathway"),
            C("dna_communicated", BOOL, "the appointment was clearly communicated before a did-not-attend"),
            C("outcome", TEXT, "outcome of an attendance as sent; blank means not recorded"),
        ),
    ),
    Shape(
        "list_entry",
        "an entry on an inpatient, day-case or planned list",
        ("entry_id",),
        (
            C("entry_id", TEXT, "the organisation's own number of the entry", True),
            C("ppid", TEXT, "patient pathway identifier", True),
            C("ppid_issuer", TEXT, "organisation that issued it", True),
            C("list_type", TEXT, "admitted or planned", True),
            C("added_on", DATE, "date of the decision to admit"),
            C("procedure", TEXT, "intended procedure, OPCS-4"),
            C("clinical_priority", TEXT, "P1a, P1b, P2, P3, P4, P5, P6"),
            C("priority_reviewed_on", DATE, "date of the last priority review"),
            C("intended_management", TEXT, "inpatient, day_case"),
            C("due_on", DATE, "planned date due, for planned lists"),
            C("tci_on", DATE, "to-come-in date"),
            C("removed_on", DATE, "date removed from the list"),
            C("last_validated_on", DATE, "date the organisation last validated the entry"),
        ),
    ),
    Shape(
        "appointment",
        "a booked contact",
        ("appointment_id",),
        (
            C("appointment_id", TEXT, "the organisation's own number of the booking", True),
            C("ppid", TEXT, "patient pathway identifier", True),
            C("ppid_issuer", TEXT, "organisation that issued it", True),
            C("booked_for", DATE, "date booked", True),
            C("kind", TEXT, "first, follow_up, pre_op, diagnostic"),
            C("site", TEXT, "site code"),
            C("status", TEXT, "booked, cancelled", True),
        ),
    ),
    Shape(
        "opt_out",
        "a person who has opted out of secondary use",
        ("nhs_number",),
        (C("nhs_number", TEXT, "NHS number", True),),
    ),
)

#: Event types of the clock contract, in the words that every table uses.
EVENT_TYPES = (
    "referral_received",
    "attendance",
    "dna",
    "patient_cancellation",
    "provider_cancellation",
    "decision_to_treat",
    "admission",
    "transfer",
    "validation",
    "review",
    "death",
    "other",
)

# --- what a snapshot publishes --------------------------------------------------------------------------------------

_LINEAGE = (
    C("source", TEXT, "organisation that sent the row", True),
    C("load_id", TEXT, "the load it came in with", True),
    C("source_row", BIG, "line of the file it came from; the header is line 1", True),
    C("valid_at", DATE, "date of the extract", True),
)

TABLES = _shapes(
    Shape(
        "load",
        "a file taken in",
        ("load_id",),
        (
            C("load_id", TEXT, "first 16 hex digits of the file's SHA-256", True),
            C("source", TEXT, "organisation that sent it", True),
            C("feed", TEXT, "feed", True),
            C("template", TEXT, "source template used, name and version", True),
            C("file_name", TEXT, "name of the file as it came", True),
            C("sha256", TEXT, "hash of the whole file", True),
            C("byte_count", BIG, "size of the file", True),
            C("extract_on", DATE, "date the organisation made the extract", True),
            C("received_at", MOMENT, "moment it was first landed", True),
            C("rows_read", BIG, "rows in the file, without the header", True),
            C("rows_published", BIG, "rows that reached a common table", True),
            C("rows_quarantined", BIG, "rows put in quarantine", True),
            C("current", BOOL, "the newest extract of its source and feed, used by this snapshot", True),
        ),
        person_level=False,
    ),
    Shape(
        "refused_file",
        "a file that fits no template or could not be read",
        ("file_name", "sha256"),
        (
            C("file_name", TEXT, "name of the file as it came", True),
            C("sha256", TEXT, "hash of the file", True),
            C("received_at", MOMENT, "moment it was refused", True),
            C("reason", TEXT, "what was found, what was expected, what to do", True),
        ),
        person_level=False,
    ),
    Shape(
        "quarantined_row",
        "a row that could not be published",
        ("load_id", "source_row"),
        (
            C("load_id", TEXT, "load", True),
            C("source", TEXT, "organisation that sent it", True),
            C("feed", TEXT, "feed", True),
            C("file_name", TEXT, "file", True),
            C("source_row", BIG, "line of the file; the header is line 1", True),
            C("reason_code", TEXT, "short code of the reason", True),
            C("reason", TEXT, "the reason in words, with the column and value", True),
            C("raw", TEXT, "the row as it came, at most 2,000 characters", True),
        ),
    ),
    Shape(
        "blanked_value",
        "a value that could not be read and was left blank; its row was published without it",
        ("load_id", "source_row", "column_name"),
        (
            C("load_id", TEXT, "load", True),
            C("source", TEXT, "organisation that sent it", True),
            C("feed", TEXT, "feed", True),
            C("file_name", TEXT, "file", True),
            C("source_row", BIG, "line of the file; the header is line 1", True),
            C("column_name", TEXT, "column of the feed that was left blank", True),
            C("reason_code", TEXT, "short code of the reason", True),
            C("reason", TEXT, "the reason in words, with the value", True),
            C("raw", TEXT, "the value as it came, at most 2,000 characters", True),
        ),
    ),
    Shape(
        "source_freshness",
        "how fresh one source's feed is",
        ("source", "feed"),
        (
            C("source", TEXT, "organisation", True),
            C("feed", TEXT, "feed", True),
            C("extract_on", DATE, "date of the newest extract; blank if none ever came"),
            C("received_at", MOMENT, "moment it was landed"),
            C("load_id", TEXT, "load"),
            C("rows_published", BIG, "rows in use", True),
            C("stale_after_days", INT, "days after which the feed counts as late", True),
            C("days_old", INT, "census date less extract date; blank if none ever came"),
            C("late", BOOL, "older than allowed, or never came", True),
        ),
        person_level=False,
    ),
    Shape(
        "person",
        "one human being, after linkage",
        ("person_key",),
        (
            C("person_key", TEXT, "key across organisations", True),
            C("birth_date", DATE, "date of birth"),
            C("sex", TEXT, "1, 2, 9 or X"),
            C("ethnic_category", TEXT, "A to S, Z, 99"),
            C("lsoa", TEXT, "LSOA of residence"),
            C("imd_decile", INT, "deprivation decile of the LSOA, 1 most deprived"),
            C("gp_practice", TEXT, "practice"),
            C("death_date", DATE, "date of death"),
            C("opted_out", BOOL, "on the national data opt-out list", True),
            C("identities", INT, "identities linked to this person", True),
        ),
    ),
    Shape(
        "person_identity",
        "a person as one organisation knows them",
        ("identity_key",),
        (
            C("identity_key", TEXT, "source:local_patient_id", True),
            C("person_key", TEXT, "the person it was linked to", True),
            *(c for c in FEEDS["patient"].columns),
            C("nhs_number_valid", BOOL, "passes the modulus 11 check", True),
            C("matched_by", TEXT, "alone, nhs_number, probabilistic, clerical", True),
            C("match_weight", REAL, "weight of its strongest link, where probabilistic"),
            *_LINEAGE,
        ),
    ),
    Shape(
        "link_review",
        "two identities that may be one person: a human must say",
        ("left_identity", "right_identity"),
        (
            C("left_identity", TEXT, "identity_key", True),
            C("right_identity", TEXT, "identity_key", True),
            C("match_probability", REAL, "probability that they are one person", True),
            C("match_weight", REAL, "the same as a weight, log base 2", True),
            C("reason", TEXT, "what agrees and what differs, in words", True),
            C("decision", TEXT, "same, different, or blank if nobody has decided"),
            C("decided_by", TEXT, "who decided"),
            C("decided_at", MOMENT, "when"),
        ),
    ),
    Shape(
        "organisation",
        "an organisation between two dates",
        ("code", "from_date"),
        (
            C("code", TEXT, "ODS code", True),
            C("name", TEXT, "name", True),
            C("kind", TEXT, "trust, icb, sub_icb, region, practice, council, voluntary, group", True),
            C("parent", TEXT, "code of the parent between these dates"),
            C("from_date", DATE, "first day", True),
            C("to_date", DATE, "last day; blank if current"),
        ),
        person_level=False,
    ),
    Shape(
        "site",
        "a place of care",
        ("code",),
        (
            C("code", TEXT, "site code", True),
            C("name", TEXT, "name", True),
            C("organisation", TEXT, "code of the organisation", True),
            C("latitude", REAL, "degrees north", True),
            C("longitude", REAL, "degrees east", True),
            C("from_date", DATE, "first day", True),
            C("to_date", DATE, "last day; blank if current"),
        ),
        person_level=False,
    ),
    Shape(
        "pathway",
        "a referral's pathway, one key across organisations",
        ("pathway_key",),
        (
            C("pathway_key", TEXT, "issuer:ppid", True),
            C("identity_key", TEXT, "the identity it was sent for", True),
            C("person_key", TEXT, "the person", True),
            *(c for c in FEEDS["referral"].columns if c.name != "local_patient_id"),
            C("carried_forward", BOOL, "missing from the newest extract and kept from the last snapshot", True),
            *_LINEAGE,
        ),
    ),
    Shape(
        "pathway_event",
        "anything that happened on a pathway",
        ("event_key",),
        (
            C("event_key", TEXT, "source:event_id", True),
            C("pathway_key", TEXT, "pathway", True),
            *(c for c in FEEDS["event"].columns if c.name not in {"ppid", "ppid_issuer"}),
            C("organisation", TEXT, "provider: the source that sent it", True),
            *_LINEAGE,
        ),
    ),
    Shape(
        "list_entry",
        "an entry on an inpatient, day-case or planned list",
        ("entry_key",),
        (
            C("entry_key", TEXT, "source:entry_id", True),
            C("pathway_key", TEXT, "pathway", True),
            *(c for c in FEEDS["list_entry"].columns if c.name not in {"ppid", "ppid_issuer"}),
            *_LINEAGE,
        ),
    ),
    Shape(
        "appointment",
        "a booked contact",
        ("appointment_key",),
        (
            C("appointment_key", TEXT, "source:appointment_id", True),
            C("pathway_key", TEXT, "pathway", True),
            *(c for c in FEEDS["appointment"].columns if c.name not in {"ppid", "ppid_issuer"}),
            *_LINEAGE,
        ),
    ),
    Shape(
        "rtt_period",
        "one referral-to-treatment clock, derived",
        ("pathway_key", "period"),
        (
            C("pathway_key", TEXT, "pathway", True),
            C("period", INT, "1, 2, ... in order of creation", True),
            C("clock_start", DATE, "blank if unknown"),
            C("clock_stop", DATE, "blank while open"),
            C("stop_status", TEXT, "status code that stopped it"),
            C("outcome", TEXT, "open, stopped, nullified", True),
            C("admitted", BOOL, "stopped by an admission for treatment; blank unless stopped"),
            C("days_waited", INT, "days; blank if the start is unknown or the period nullified"),
            C("week_band", INT, "0 to 104"),
            C("organisation", TEXT, "provider responsible"),
            C("treatment_function", TEXT, "treatment function"),
            C("list_order_date", DATE, "clock start less credited days"),
            C("issues", TEXT, "issue codes joined by semicolons"),
            C("start_event", TEXT, "event_key that started it; blank if it has no start"),
            C("stop_event", TEXT, "event_key that stopped it; blank while open"),
            C("start_rule", TEXT, "code of the rule that started it; see the clock rules", True),
            C("stop_rule", TEXT, "code of the rule that stopped it; blank while open"),
        ),
    ),
    Shape(
        "waiting_list",
        "one open clock: one place on the group's list, in list order",
        ("pathway_key", "period"),
        (
            C("position", INT, "place on the whole group's list, from 1", True),
            C("pathway_key", TEXT, "pathway", True),
            C("period", INT, "clock", True),
            C("person_key", TEXT, "person", True),
            C("identity_key", TEXT, "identity at the organisation that holds the pathway", True),
            C("surname", TEXT, "family name"),
            C("forename", TEXT, "first given name"),
            C("nhs_number", TEXT, "NHS number if valid"),
            C("birth_date", DATE, "date of birth"),
            C("age", INT, "whole years at the census"),
            C("sex", TEXT, "1, 2, 9 or X"),
            C("ethnic_category", TEXT, "A to S, Z, 99"),
            C("lsoa", TEXT, "LSOA of residence"),
            C("imd_quintile", INT, "deprivation quintile, 1 most deprived"),
            C("gp_practice", TEXT, "practice"),
            C("opted_out", BOOL, "on the national data opt-out list", True),
            C("commissioner", TEXT, "commissioning organisation"),
            C("organisation", TEXT, "trust responsible", True),
            C("site", TEXT, "site of the last event that names one"),
            C("treatment_function", TEXT, "treatment function"),
            C("reporting_group", TEXT, "RTT reporting group, C_ prefix left off", True),
            C("clinical_priority", TEXT, "P1a to P6; blank if none is recorded"),
            C("priority_type", TEXT, "1 routine, 2 urgent, 3 two-week wait"),
            C("priority_due_on", DATE, "date by which the clinical priority says treatment is due"),
            C("clock_start", DATE, "blank if unknown"),
            C("days_waited", INT, "days; blank if the start is unknown"),
            C("weeks_waited", INT, "whole weeks, days over 7"),
            C("week_band", INT, "0 to 104"),
            C("list_order_date", DATE, "date that orders the list within a priority"),
            C("stage", TEXT, "outpatient, or admitted once there is a decision to admit", True),
            C("decision_to_admit_on", DATE, "date of the decision to admit"),
            C("procedure", TEXT, "intended procedure, OPCS-4"),
            C("tci_on", DATE, "to-come-in date, today or later"),
            C("next_event_on", DATE, "next booked contact or admission"),
            C("next_event_kind", TEXT, "first, follow_up, pre_op, diagnostic, admission"),
            C("last_event_on", DATE, "last event up to the census"),
            C("last_validated_on", DATE, "last validation that the trust recorded"),
            C("carried_forward", BOOL, "missing from the newest extract", True),
            C("findings", TEXT, "data-quality rule codes joined by semicolons, worst first", True),
            C("worst_severity", TEXT, "high, medium, low; blank without findings"),
            C("why", TEXT, "why it stands where it stands, in one sentence", True),
        ),
    ),
    Shape(
        "quality_rule",
        "a data-quality rule",
        ("code",),
        (
            C("code", TEXT, "short code", True),
            C("words", TEXT, "what is doubtful, in plain words", True),
            C("action", TEXT, "what to do about it", True),
            C("severity", TEXT, "high, medium, low", True),
            C("about", TEXT, "pathway or person", True),
            C("source", TEXT, "where the rule comes from", True),
        ),
        person_level=False,
    ),
    Shape(
        "quality_finding",
        "a doubtful thing found",
        ("rule", "subject_key"),
        (
            C("rule", TEXT, "code of the rule", True),
            C("severity", TEXT, "high, medium, low", True),
            C("subject_key", TEXT, "pathway_key, or identity_key where the rule is about a person", True),
            C("pathway_key", TEXT, "pathway"),
            C("identity_key", TEXT, "identity"),
            C("organisation", TEXT, "organisation that can mend it", True),
            C("treatment_function", TEXT, "treatment function"),
            C("on_open_clock", BOOL, "the pathway has an open clock", True),
            C("evidence", TEXT, "the dates and values that made it doubtful, in words", True),
        ),
    ),
)

#: Columns that tell who somebody is: nothing built for secondary use has them.
IDENTIFYING_COLUMNS = frozenset(
    {
        *("surname", "forename", "nhs_number", "birth_date", "address_line", "postcode", "local_patient_id"),
        *("identity_key", "left_identity", "right_identity", "subject_key", "raw"),
    }
)
