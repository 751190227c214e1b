"""Derived states as rows of the database: text is cut to its column with a doubt, and only changed rows are written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection, models

from wherry.flow.adt.model import MOMENTS, PersonState, VisitState
from wherry.web.feed.models import Message, Patient, Stay, Visit

VISIT_FIELDS = tuple(field.attname for field in Visit._meta.concrete_fields)
PATIENT_FIELDS = tuple(field.attname for field in Patient._meta.concrete_fields)
MESSAGE_FIELDS = tuple(field.attname for field in Message._meta.concrete_fields if not field.primary_key)
STAY_FIELDS = ("position", "site", "ward", "bay", "bed", "bed_key", "from_at", "to_at")
_MOMENTS = (*MOMENTS.values(), "expected_admission_at")

Row = Sequence[Any]


def _lengths(model: type[models.Model]) -> dict[str, int]:
    return {
        field.attname: field.max_length
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField) and field.max_length is not None
    }


_VISIT_LENGTHS, _PATIENT_LENGTHS = _lengths(Visit), _lengths(Patient)
_VISIT_TEXTS = tuple(
    name
    for name in _VISIT_LENGTHS
    if name in {*("admission_method", "admission_source", "specialty", "consultant", "destination", "disposition")}
    or name in {*("ed_type", "acuity", "complaint", "infection", "side_room", "dependency", "ambulance_incident")}
)
_PERSON_TEXTS = ("nhs_number", "surname", "forename", "sex", "address", "postcode", "gp_practice")


def visit_row(state: VisitState, person_key: str) -> Row:
    """A visit's columns, in the order of `VISIT_FIELDS`."""
    details, doubts = state.details, list(state.doubts)
    here = state.stays[-1] if state.stays and state.stays[-1].to_at is None else None
    values: dict[str, Any] = {
        "key": state.visit_key,
        "organisation": state.organisation,
        "visit_number": state.visit_key.partition("|")[2],
        "patient_key": state.patient_key,
        "person_key": person_key,
        "standing": state.standing,
        "site": here.location.site if here else "",
        "ward": here.location.ward if here else "",
        "bed_key": here.location.bed_key if here else "",
        "here_since": here.from_at if here else None,
        "arrived_at": state.arrived_at,
        "admitted_at": state.admitted_at,
        "left_at": state.left_at,
        "last_recorded_at": state.last_recorded_at,
        "expected_discharge_on": _day(details.get("expected_discharge_on")),
    }
    for name in _MOMENTS:
        text = details.get(name)
        values[name] = datetime.fromisoformat(text) if text else None
    for name in _VISIT_TEXTS:
        values[name] = _cut(details.get(name, ""), name, _VISIT_LENGTHS[name], doubts)
    values["doubts"] = doubts
    return tuple(values[name] for name in VISIT_FIELDS)


def stay_rows(state: VisitState) -> tuple[Row, ...]:
    """A visit's stays, in the order of `STAY_FIELDS`."""
    return tuple(
        (number, at.site, at.ward, at.bay, at.bed, at.bed_key, one.from_at, one.to_at)
        for number, one, at in ((number, one, one.location) for number, one in enumerate(state.stays))
    )


def patient_row(state: PersonState) -> Row:
    """A patient's columns, in the order of `PATIENT_FIELDS`."""
    details = state.details
    values: dict[str, Any] = {
        "key": state.patient_key,
        "organisation": state.organisation,
        "local_number": state.patient_key.partition("|")[2],
        "birth_date": _day(details.get("birth_date")),
        "died_on": state.died_on,
        "merged_into": state.merged_into,
    }
    for name in _PERSON_TEXTS:
        values[name] = _cut(details.get(name, ""), name, _PATIENT_LENGTHS[name], [])
    return tuple(values[name] for name in PATIENT_FIELDS)


def person_doubts(details: Mapping[str, str | None]) -> list[str]:
    """What of a person's details is longer than its column."""
    doubts: list[str] = []
    for name in _PERSON_TEXTS:
        _cut(details.get(name) or "", name, _PATIENT_LENGTHS[name], doubts)
    return doubts


def write(model: type[models.Model], fields: Sequence[str], rows: Iterable[Row], key: Sequence[str]) -> None:
    """Add rows, or change those whose `key` is there (with none: add). `fields` and `key` are columns.

    One statement that SQLite and PostgreSQL both know. Django's own `bulk_create` makes an object of each row and asks
    each of its forty fields twice: writing was half of the time that a message took.
    """
    wanted = list(rows)
    if not wanted:
        return
    quote = connection.ops.quote_name
    names = [quote(name) for name in fields]
    statement = (
        f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))})"
    )
    if key:
        kept = ", ".join(f"{quote(name)} = EXCLUDED.{quote(name)}" for name in fields if name not in key)
        statement += f" ON CONFLICT ({', '.join(quote(name) for name in key)}) DO UPDATE SET {kept}"
    columns = {field.attname: field for field in model._meta.concrete_fields}
    adapted = [
        (place, columns[name])
        for place, name in enumerate(fields)
        if not isinstance(columns[name], models.CharField | models.IntegerField | models.ForeignKey)
    ]
    given: list[list[Any]] = []
    for row in wanted:
        values = list(row)
        for place, field in adapted:
            if values[place] is not None:
                values[place] = field.get_db_prep_save(values[place], connection)
        given.append(values)
    with connection.cursor() as cursor:
        cursor.executemany(statement, given)


def add_messages(messages: Iterable[Message]) -> None:
    """Add new messages. They are not told their numbers, which few need."""
    write(Message, MESSAGE_FIELDS, ([getattr(one, name) for name in MESSAGE_FIELDS] for one in messages), ())


def write_stays(wanted: Mapping[str, tuple[Row, ...]]) -> int:
    """Make the stays of each visit what they should be; only what differs is written. Says how many rows did."""
    held: dict[str, dict[int, tuple[int, Row]]] = {}
    for pk, visit, *row in Stay.objects.filter(visit_id__in=list(wanted)).values_list("pk", "visit_id", *STAY_FIELDS):
        held.setdefault(visit, {})[row[0]] = (pk, tuple(row))
    gone: list[int] = []
    changed: list[Row] = []
    for visit, rows in wanted.items():
        before = held.get(visit, {})
        gone += [pk for position, (pk, _) in before.items() if position >= len(rows)]
        changed += [(visit, *row) for row in rows if row[0] not in before or before[row[0]][1] != row]
    if gone:
        Stay.objects.filter(pk__in=gone).delete()
    write(Stay, ("visit_id", *STAY_FIELDS), changed, ("visit_id", "position"))
    return len(gone) + len(changed)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _cut(text: str, name: str, longest: int, doubts: list[str]) -> str:
    if len(text) <= longest:
        return text
    doubts.append(f"{name.replace('_', ' ').capitalize()} is longer than {longest} characters: it was cut.")
    return text[:longest]
