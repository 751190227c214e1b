"""Events, messages and whole random histories of visits for tests of the live feed, legal and illegal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from wherry.flow.adt.model import FACTS, MOMENTS, Event, Location

START = datetime(2026, 7, 14, 8, tzinfo=UTC)
PLACES = (
    *(Location("RM102", "ED", "MAJ", "1"), Location("RM102", "AMU", "A", "2"), Location("RM102", "M1", "A", "3")),
    *(Location("RM102", "M1", "B"), Location("RM102", "M2", "S", "1")),
)
_OBSERVED = {name: code for code, name in {**MOMENTS, **FACTS}.items()}


def at(minute: float) -> datetime:
    """So many minutes after eight o'clock (in UTC)."""
    return START + timedelta(minutes=minute)


def event(trigger: Any, recorded: float, occurred: float | None = None, place: int | None = None, **more: Any) -> Event:
    """An event of visit V1 of patient P1 at RM1: recorded and occurred in minutes after `START`."""
    number = more.pop("control_id", f"{trigger}-{recorded}")
    organisation = more.pop("organisation", "RM1")
    prior = more.pop("prior", None)
    return Event(
        trigger=trigger,
        organisation=organisation,
        control_id=number,
        recorded_at=at(recorded),
        occurred_at=at(recorded if occurred is None else occurred),
        visit_key=more.pop("visit_key", "" if trigger in ("A20", "A40") else f"{organisation}|V1"),
        patient_key=more.pop("patient_key", "" if trigger == "A20" else f"{organisation}|P1"),
        location=PLACES[place] if place is not None else None,
        prior=PLACES[prior] if prior is not None else None,
        sent_at=at(recorded),
        **more,
    )


def moment(when: datetime) -> str:
    """A moment as the feed writes it."""
    return when.strftime("%Y%m%d%H%M%S+0000")


def er7(told: Event, application: str = "PAS") -> bytes:
    """The HL7 v2 message that says what an event says (details of the person: surname and NHS number)."""
    details = dict(told.details)

    def said(name: str) -> str:
        value = details.get(name, "")
        return '""' if value is None else value

    def place(location: Location | None) -> str:
        return f"{location.ward}^{location.bay}^{location.bed}^{location.site}" if location else ""

    local = told.patient_key.partition("|")[2]
    nhs = f"~{said('nhs_number')}^^^NHS^NH" if "nhs_number" in details else ""
    pv1 = [""] * 46
    pv1[2], pv1[3], pv1[6] = told.patient_class, place(told.location), place(told.prior)
    pv1[10], pv1[19], pv1[37] = said("specialty"), told.visit_key.partition("|")[2], said("destination")
    lines = [
        f"MSH|^~\\&|{application}|{told.organisation}|WHERRY|NWUHG|{moment(told.sent_at or told.recorded_at)}||"
        f"ADT^{told.trigger}|{told.control_id}|P|2.4||||||UNICODE UTF-8",
        f"EVN|{told.trigger}|{moment(told.recorded_at)}||||{moment(told.occurred_at)}",
    ]
    if told.trigger == "A20":
        code = {"close:other": "C", "clean_start": "H", "open": "U", "": "O"}[told.bed_status]
        return "\r".join([*lines, f"NPU|{place(told.location)}|{code}", ""]).encode()
    lines.append(f"PID|1||{local}^^^{told.organisation}^MR{nhs}||{said('surname')}")
    if told.merged_key:
        lines.append(f"MRG|{told.merged_key.partition('|')[2]}")
    if told.visit_key:
        lines.append("PV1|1|" + "|".join(pv1[2:]))
    for number, (name, value) in enumerate(sorted(details.items()), start=1):
        if name in _OBSERVED and told.trigger not in ("A11", "A12", "A13", "A38"):
            text = '""' if value is None else moment(datetime.fromisoformat(value)) if name.endswith("_at") else value
            lines.append(f"OBX|{number}|TS|{_OBSERVED[name]}||{text}")
    return "\r".join([*lines, ""]).encode()


_TRIGGERS = ("A01", "A01", "A02", "A02", "A02", "A03", "A03", "A04", "A05", "A06", "A08", "A11", "A12", "A13", "A38")
_MOVING = ("A01", "A02", "A04", "A06", "A08")


@st.composite
def events(draw: st.DrawFn, visit: str = "V1", patients: tuple[str, ...] = ("P1",), longest: int = 12) -> list[Event]:
    """A history of one visit, mostly nonsense: any triggers, times within an hour, details at random."""
    found: list[Event] = []
    for number in range(draw(st.integers(1, longest))):
        trigger = draw(st.sampled_from(_TRIGGERS))
        recorded = draw(st.integers(0, 40))
        occurred = draw(st.one_of(st.just(recorded), st.integers(0, 40)))
        details: dict[str, str | None] = {}
        if draw(st.booleans()):
            details["surname"] = draw(st.sampled_from(("Aldous", "Bligh", None)))
        if trigger not in ("A11", "A12", "A13", "A38") and draw(st.booleans()):
            details["specialty"] = draw(st.sampled_from(("300", "100", None)))
        if trigger in ("A04", "A08") and draw(st.booleans()):
            details["seen_at"] = at(draw(st.integers(0, 40))).isoformat()
        found.append(
            event(
                trigger,
                recorded,
                occurred,
                draw(st.integers(0, len(PLACES) - 1)) if trigger in _MOVING and draw(st.integers(0, 9)) else None,
                control_id=f"{visit}-{draw(st.integers(0, 3))}-{number}",
                visit_key=f"RM1|{visit}",
                patient_key=f"RM1|{draw(st.sampled_from(patients))}",
                prior=draw(st.integers(0, len(PLACES) - 1)) if trigger == "A12" and draw(st.booleans()) else None,
                patient_class=draw(st.sampled_from(("E", "I", ""))),
                details=details,
            )
        )
    return found
