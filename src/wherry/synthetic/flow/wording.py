"""Tellings as HL7 v2.4 messages (ER7), in the words of docs/live-feed.md."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from wherry.synthetic.flow import expected
from wherry.synthetic.flow.calendar import moment
from wherry.synthetic.flow.draws import ELECTIVE, MATERNITY
from wherry.synthetic.flow.facts import METHOD, Facts, Place
from wherry.synthetic.flow.side import Person
from wherry.synthetic.flow.telling import Telling

APPLICATION = "PAS"
_SEX = {"female": "F", "male": "M"}
_MOMENTS = ("AMB_ARRIVED", "AMB_HANDOVER", "ED_ASSESSED", "ED_SEEN", "ED_REFERRED", "ED_DECIDED", "ED_READY")
_NOT_OBSERVED = ("expected", "expected_on", "ready", "how", "to")
_NAMELESS = ("UNKNOWN", "UNKNOWN")


def sender(facts: Facts, one: Telling) -> str:
    """`ORGANISATION|APPLICATION` of who tells it."""
    return f"{_trust(facts, one)}|{APPLICATION}"


def control_number(facts: Facts, one: Telling) -> str:
    """The number of a message, the same however many days are played."""
    if one.row < 0:
        return f"B{one.serial:07d}{'S' if one.again == 2 else ''}"
    return f"{facts.ordinal[one.row]:06d}-{one.serial:03d}{'X' if one.broken else ''}"


def visit_number(facts: Facts, one: Telling) -> str:
    """The visit's number; an arrival entered twice has another."""
    return f"V{facts.ordinal[one.row]:07d}{'D' if one.visit else ''}"


def patient_number(facts: Facts, row: int, *, nameless: bool = False) -> str:
    """The patient's number at their hospital."""
    return f"{'T' if nameless else 'F'}{facts.ordinal[row]:07d}"


def text(facts: Facts, one: Telling) -> str:
    """One message; segments end with CR."""
    sent = _at(one.recorded + 1)
    trust, number = _trust(facts, one), control_number(facts, one)
    header = f"MSH|^~\\&|{APPLICATION}|{trust}|WHERRY|WHERRY|{sent}||ADT^{one.trigger}|{number}|P|2.4"
    occurred = "20261399" if one.broken == 2 else _at(one.at)
    segments = [header, f"EVN|{one.trigger}|{_at(one.recorded)}||||{occurred}"]
    if one.trigger == "A20":
        segments.append(f"NPU|{_place(one.place)}|{one.status}")
        return "\r".join(segments) + "\r"
    segments += _person(facts, one)
    if one.trigger == "A40":
        segments.append(f"MRG|{patient_number(facts, one.row, nameless=True)}^^^{trust}^MR")
        return "\r".join(segments) + "\r"
    segments.append(_visit(facts, one))
    if second := _second(facts, one):
        segments.append(second)
    segments += _observations(one)
    return "\r".join(segments) + "\r"


def _trust(facts: Facts, one: Telling) -> str:
    if one.row >= 0:
        return facts.flow.sites[int(facts.visits["site"][one.row])].trust
    site = one.place.site if one.place else ""
    return next(each.trust for each in facts.flow.sites if each.code == site)


def _at(seconds: int) -> str:
    return f"{moment(seconds):%Y%m%d%H%M%S}+0000"


def _place(place: Place | None) -> str:
    return f"{place.ward}^{place.bay}^{place.bed}^{place.site}" if place else ""


def _person(facts: Facts, one: Telling) -> list[str]:
    trust = _trust(facts, one)
    if one.nameless:
        number = patient_number(facts, one.row, nameless=True)
        sex = _SEX[facts.person[one.row].sex]
        return [f"PID|1||{number}^^^{trust}^MR||{_NAMELESS[0]}^{_NAMELESS[1]}|||{sex}"]
    who: Person = facts.person[one.row]
    local = f"{patient_number(facts, one.row)}^^^{trust}^MR~" if one.broken != 3 else ""
    address = f"Flat 2, {who.address}" if one.moved else who.address
    person = (
        f"PID|1||{local}{who.nhs_number}^^^NHS^NH||{who.surname.upper()}^{who.forename}||{who.birth_date:%Y%m%d}|"
        f"{_SEX[who.sex]}|||{address}^^^^{who.postcode}"
    )
    if one.trigger == "A03" and one.observed.get("how") == "4":
        person += "|" * 18 + f"{_at(one.at)}|Y"
    return [person, f"PD1||||{who.gp_practice}"]


def _visit(facts: Facts, one: Telling) -> str:
    visits, row = facts.visits, one.row
    kind = int(visits["kind"][row])
    in_department = one.trigger == "A04" or (one.place is not None and not _is_ward(facts, one.place))
    admitted = facts.run.life.admitted[row]
    before = admitted < 0 or one.at < admitted
    if kind == ELECTIVE and before:
        letter = "P"
    elif one.trigger in ("A01", "A02", "A12"):
        letter = "I"
    elif in_department or (before and visits["arrived"][row] >= 0):
        letter = "E"
    else:
        letter = "B" if kind == MATERNITY else "I"
    fields = [""] * 46
    fields[0], fields[1], fields[2] = "PV1", "1", letter
    fields[3], fields[6] = _place(one.place), _place(one.prior)
    fields[4] = METHOD[kind] if letter != "E" else ""
    if letter != "E" or "ED_DECIDED" in one.observed:
        fields[10] = facts.run.specs[int(visits["spec"][row])]
    elif one.trigger == "A04":
        fields[10] = "180"
    fields[14] = "51" if kind == 6 else "19"
    fields[19] = "" if one.broken == 1 and one.trigger != "A08" else visit_number(facts, one)
    if one.trigger == "A03":
        fields[36], fields[37] = one.observed.get("how", ""), one.observed.get("to", "")
    return "|".join(fields).rstrip("|")


def _is_ward(facts: Facts, place: Place) -> bool:
    return any(
        ward.site == place.site and ward.code == place.ward and ward.kind != "emergency"
        for ward in facts.run.places.wards
    )


def _second(facts: Facts, one: Telling) -> str:
    if "expected_on" in one.observed:
        return f"PV2{'|' * 9}{one.observed['expected_on']:%Y%m%d}"
    if one.trigger == "A05":
        return f"PV2{'|' * 8}{_at(one.observed['expected'])}"
    if one.trigger in ("A01", "A06") and not one.broken:
        day = expected.on(facts.run, one.row, one.recorded + 120)
        return f"PV2{'|' * 9}{day:%Y%m%d}" if day else ""
    return ""


def _observations(one: Telling) -> list[str]:
    found: list[str] = []
    for code, value in one.observed.items():
        if code in _NOT_OBSERVED:
            continue
        kind, said = ("TS", _at(value)) if code in _MOMENTS else ("ST", str(value))
        found.append(f"OBX|{len(found) + 1}|{kind}|{code}||{said}||||||F|||{_at(one.at)}")
    return found


def said(value: Any) -> datetime:
    """A moment of a telling as the reader has it."""
    return datetime.fromtimestamp(int(value), UTC)
