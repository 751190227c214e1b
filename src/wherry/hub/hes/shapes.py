"""The three datasets of hospital episode statistics: how each is told, and what its fields are called here."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pyarrow as pa

TEXT, DATE, WHOLE, REAL, AGE, MINUTES = "text", "date", "whole", "real", "age", "minutes"
ARROW: dict[str, pa.DataType] = {
    TEXT: pa.string(),
    DATE: pa.date32(),
    **dict.fromkeys((WHOLE, AGE, MINUTES), pa.int32()),
    REAL: pa.float64(),
}
#: Days that stand for something else. Source: HES data dictionary, date fields.
PLACEHOLDERS = {
    dt.date(1582, 10, 15): "not known",
    dt.date(1600, 1, 1): "not known",
    dt.date(1800, 1, 1): "not submitted",
    dt.date(1801, 1, 1): "not valid",
    dt.date(1802, 1, 1): "not applicable",
    dt.date(1900, 1, 1): "not known",
}
UNKNOWN_TIME = "4000"
OLDEST = 130


@dataclass(frozen=True)
class Dataset:
    """One HES dataset: the fields that tell it, its table, its key, its named columns and its lists of codes."""

    name: str
    table: str
    told_by: frozenset[str]
    key: str
    columns: tuple[tuple[str, str, str], ...]
    lists: tuple[tuple[str, str], ...]


def _named(words: str) -> tuple[tuple[str, str, str], ...]:
    """Columns from `name=FIELD:kind` words; the kind is text where it is left out."""
    found = []
    for word in words.split():
        name, _, rest = word.partition("=")
        source, _, kind = rest.partition(":")
        found.append((name, source, kind or TEXT))
    return tuple(found)


_PERSON = "person_pseudonym=PSEUDO_HESID sex=SEX ethnic_category=ETHNOS gp_practice=GPPRAC lsoa=LSOA01"
_PLACE = "provider=PROCODE3 provider_site=PROCODE5 site=SITETRET"
DATASETS = (
    Dataset(
        "apc",
        "episode",
        frozenset({"EPIKEY", "EPISTART"}),
        "episode_key",
        _named(
            f"episode_key=EPIKEY {_PERSON} {_PLACE} age=STARTAGE:age age_exact=STARTAGE_CALC:real"
            " admitted_on=ADMIDATE:date admission_method=ADMIMETH admission_source=ADMISORC"
            " patient_class=CLASSPAT started_on=EPISTART:date ended_on=EPIEND:date"
            " episode_order=EPIORDER:whole episode_status=EPISTAT episode_type=EPITYPE"
            " episode_days=EPIDUR:whole discharged_on=DISDATE:date discharge_method=DISMETH"
            " discharge_destination=DISDEST decided_on=ELECDATE:date waited_days=ELECDUR:whole"
            " main_specialty=MAINSPEF treatment_function=TRETSPEF finished=FCE:whole"
            " waiting_list=WAITLIST:whole diagnosis_count=DIAG_COUNT:whole operation_count=OPERTN_COUNT:whole"
        ),
        (("diagnoses", "DIAG_4_"), ("operations", "OPERTN_4_")),
    ),
    Dataset(
        "op",
        "appointment",
        frozenset({"ATTENDKEY", "APPTDATE"}),
        "appointment_key",
        _named(
            f"appointment_key=ATTENDKEY {_PERSON} {_PLACE} age=APPTAGE:age age_exact=APPTAGE_CALC:real"
            " appointment_on=APPTDATE:date attended=ATTENDED outcome=OUTCOME first_attendance=FIRSTATT"
            " attendance_type=ATENTYPE priority=PRIORITY referral_source=REFSOURC referrer=REFERORG"
            " referred_on=REQDATE:date last_missed_on=DNADATE:date waited_days=WAITING:whole"
            " main_specialty=MAINSPEF treatment_function=TRETSPEF staff_type=STAFFTYP service_type=SERVTYPE"
        ),
        (("diagnoses", "DIAG_4_"), ("operations", "OPERTN_4_")),
    ),
    Dataset(
        "ae",
        "emergency_attendance",
        frozenset({"AEKEY", "ARRIVALDATE"}),
        "attendance_key",
        _named(
            f"attendance_key=AEKEY {_PERSON} {_PLACE} age=ARRIVALAGE:age age_exact=ARRIVALAGE_CALC:real"
            " arrived_on=ARRIVALDATE:date arrival_time=ARRIVALTIME arrival_mode=AEARRIVALMODE"
            " attendance_type=AEATTENDCAT disposal=AEATTENDDISP department_type=AEDEPTTYPE"
            " incident_place=AEINCLOCTYPE patient_group=AEPATGROUP referral_source=AEREFSOURCE"
            " minutes_to_assessment=INITDUR:minutes minutes_to_treatment=TRETDUR:minutes"
            " minutes_to_conclusion=CONCLDUR:minutes minutes_to_departure=DEPDUR:minutes"
        ),
        (("diagnoses", "DIAG2_"), ("investigations", "INVEST2_"), ("treatments", "TREAT2_")),
    ),
)
