"""What is true once some messages have been delivered: every visit's standing, stays and moments, and who is in a bed.

Worked out from tellings, each of which knows what it is about and what it takes back, and not from messages: so it
checks a reader of messages without sharing a rule with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from wherry.synthetic.flow.calendar import moment
from wherry.synthetic.flow.facts import Facts, Place
from wherry.synthetic.flow.telling import Telling
from wherry.synthetic.flow.wording import patient_number, visit_number

MOMENTS = {
    "AMB_ARRIVED": "ambulance_arrived_at",
    "AMB_HANDOVER": "handed_over_at",
    "ED_ASSESSED": "assessed_at",
    "ED_SEEN": "seen_at",
    "ED_REFERRED": "referred_at",
    "ED_DECIDED": "decided_at",
    "ED_READY": "ready_at",
}


@dataclass(frozen=True)
class TrueStay:
    """A stay in one place; moments are ISO texts in UTC, `to_at` empty while it lasts."""

    site: str
    ward: str
    bay: str
    bed: str
    from_at: str
    to_at: str


@dataclass(frozen=True)
class TrueVisit:
    """One visit as it stands. `person` is the number that the patient is known by in the end."""

    key: str
    person: str
    nhs_number: str
    standing: str
    arrived_at: str
    admitted_at: str
    left_at: str
    stays: tuple[TrueStay, ...]
    moments: dict[str, str]


def visits(facts: Facts, delivered: Iterable[Telling]) -> list[TrueVisit]:
    """Every visit of which something establishing was delivered, by its key."""
    by_visit: dict[tuple[int, int], list[Telling]] = {}
    joined: set[int] = set()
    for one in delivered:
        if one.row < 0 or one.broken or one.again:
            continue
        if one.trigger == "A40":
            joined.add(one.row)
        else:
            by_visit.setdefault((one.row, one.visit), []).append(one)
    found = [_visit(facts, said, row in joined) for (row, _), said in by_visit.items()]
    return sorted((one for one in found if one is not None), key=lambda one: one.key)


def _visit(facts: Facts, said: list[Telling], joined: bool) -> TrueVisit | None:
    ordered = sorted(said, key=lambda one: (one.recorded, one.serial))
    if not any(one.trigger in ("A01", "A02", "A03", "A04", "A05") for one in ordered):
        return None
    taken_back = {one.cancels for one in ordered if one.cancels >= 0}
    live = [one for one in ordered if one.serial not in taken_back and one.cancels < 0]
    latest = {one.trigger: one for one in live}
    moves = {one.at: one for one in live if one.trigger == "A02"}
    arrival, admission, discharge = latest.get("A04"), latest.get("A01"), latest.get("A03")
    if discharge:
        standing = "left"
    elif admission or (moves and not arrival):
        standing = "in_bed"
    elif arrival:
        standing = "in_department"
    else:
        standing = "booked" if "A05" in latest and "A38" not in latest else "cancelled"
    points = [(one.at, rank, one.place) for rank, one in enumerate((arrival, admission)) if one]
    points += [(one.at, 2, one.place) for one in moves.values()]
    row = ordered[0].row
    trust = facts.flow.sites[int(facts.visits["site"][row])].trust
    nameless = ordered[-1].nameless and not joined
    moments = {MOMENTS[code]: _iso(value) for one in live for code, value in one.observed.items() if code in MOMENTS}
    return TrueVisit(
        f"{trust}|{visit_number(facts, ordered[0])}",
        f"{trust}|{patient_number(facts, row, nameless=nameless)}",
        "" if nameless else facts.person[row].nhs_number,
        standing,
        _iso(arrival.at) if arrival else "",
        _iso(admission.at) if admission else "",
        _iso(discharge.at) if discharge else "",
        _stays(sorted(points, key=lambda point: point[:2]), discharge.at if discharge else None),
        dict(sorted(moments.items())),
    )


def _stays(points: list[tuple[int, int, Place | None]], left: int | None) -> tuple[TrueStay, ...]:
    found: list[tuple[Place, int, int | None]] = []
    for number, (at, _, place) in enumerate(points):
        to = points[number + 1][0] if number + 1 < len(points) else left
        if left is not None and (to is None or to > left):
            to = left
        if place is None or (to is not None and to <= at):
            continue
        if found and found[-1][0] == place and found[-1][2] == at:
            found[-1] = (place, found[-1][1], to)
        else:
            found.append((place, at, to))
    return tuple(
        TrueStay(place.site, place.ward, place.bay, place.bed, _iso(at), _iso(to) if to is not None else "")
        for place, at, to in found
    )


def _iso(seconds: Any) -> str:
    return moment(int(seconds)).isoformat()


def write(path: Path, found: Iterable[TrueVisit]) -> int:
    """Write the truth as JSON lines, one visit a line; gives their number."""
    lines = [json.dumps(asdict(one), ensure_ascii=False, separators=(",", ":")) for one in found]
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return len(lines)


def read(path: Path) -> list[TrueVisit]:
    """The truth that `write` wrote."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        found.append(TrueVisit(**{**row, "stays": tuple(TrueStay(**stay) for stay in row["stays"])}))
    return found
