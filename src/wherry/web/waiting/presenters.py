"""A row of the list as a page shows it: words instead of codes, and nothing that the reader may not see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from wherry.web.components.formats import day, nhs_number, person_name, plural, short_day
from wherry.web.waiting import overlay as overlays
from wherry.web.waiting.keys import to_address
from wherry.web.waiting.naming import EVENT_KINDS, PRIORITY_TYPES, SEX, STAGES, Names

#: Addresses of pathways are relative to the list's own: a page of 200 rows resolves none of them.
_PATHWAY = "pathway/"
TAG = {"high": "nhsuk-tag--red", "medium": "nhsuk-tag--orange", "low": "nhsuk-tag--grey"}


@dataclass(frozen=True)
class Doubt:
    """A data-quality rule that found something."""

    rule: str
    severity: str
    words: str


@dataclass(frozen=True)
class Line:
    """One row of the list. Without identities `href`, `name` and `number` are blank."""

    position: int
    href: str
    name: str
    number: str
    who: str
    trust: str
    function: str
    priority: str
    priority_note: str
    waited: str
    since: str
    stage: str
    next_event: str
    doubts: tuple[Doubt, ...]
    decided: str
    why: str


def line(row: dict[str, Any], names: Names, *, identified: bool) -> Line:
    """One row in words."""
    number = nhs_number(row.get("nhs_number"), missing="no NHS number") if identified else ""
    return Line(
        position=row["position"],
        href=_PATHWAY + quote(to_address(row["pathway_key"]), safe=":~") if identified else "",
        name=person_name(row["surname"], row["forename"]) if identified else "",
        number=number,
        who=age_and_sex(row) if identified else coarse_person(row),
        trust=names.trust(row["organisation"]),
        function=names.function(row["treatment_function"]),
        priority=row["clinical_priority"] or "None recorded",
        priority_note=priority_note(row),
        waited=waited(row),
        since=f"since {_unbroken(row['clock_start'])}" if row["clock_start"] else "start not known",
        stage=STAGES.get(row["stage"], row["stage"]),
        next_event=next_event(row),
        doubts=doubts(row["findings"], names),
        decided=decided(row),
        why=row["why"],
    )


def age_and_sex(row: dict[str, Any]) -> str:
    """Age in whole years and sex: `26, female`."""
    age = "age not known" if row["age"] is None else str(row["age"])
    return f"{age}, {SEX.get(row['sex'], 'sex not known')}"


def coarse_person(row: dict[str, Any]) -> str:
    """Age in tens and sex, for people who may not know who it is."""
    return f"{age_band(row['age'])}, {SEX.get(row['sex'], 'sex not known')}"


def age_band(age: int | None) -> str:
    """Ten years of age, the oldest together.

    >>> age_band(26), age_band(97), age_band(None)
    ('20 to 29', '90 and over', 'age not known')
    """
    if age is None:
        return "age not known"
    return "90 and over" if age >= 90 else f"{age // 10 * 10} to {age // 10 * 10 + 9}"


def waited(row: dict[str, Any]) -> str:
    """Whole weeks since the clock started."""
    return "Unknown" if row["weeks_waited"] is None else plural(row["weeks_waited"], "week")


def priority_note(row: dict[str, Any]) -> str:
    """What stands beside a priority: its due date, or the referral's own urgency."""
    parts = []
    if row["priority_due_on"]:
        parts.append(f"due {short_day(row['priority_due_on'])}")
    if row["priority_type"] in ("2", "3"):
        parts.append(f"referred {PRIORITY_TYPES[row['priority_type']]}")
    return ", ".join(parts)


def next_event(row: dict[str, Any]) -> str:
    """What is booked next, in words."""
    if row["next_event_on"] is None:
        return "Nothing booked"
    kind = EVENT_KINDS.get(row["next_event_kind"], "booking")
    return f"{kind[0].upper()}{kind[1:]} {_unbroken(row['next_event_on'])}"


def _unbroken(on: date) -> str:
    """A short date that a narrow cell does not break."""
    return short_day(on).replace(" ", "\u00a0")


def doubts(findings: str, names: Names) -> tuple[Doubt, ...]:
    """The findings of a row in words, worst first as the snapshot has them."""
    found = [names.rule(code) for code in findings.split(";") if code]
    return tuple(Doubt(rule.code, rule.severity, rule.words) for rule in found)


def decided(row: dict[str, Any]) -> str:
    """What somebody has decided about the clock. Names of colleagues only where the whole case is shown."""
    state, case = row["state"], row["case"]
    words = {
        overlays.QUIET: "Validated",
        overlays.ASKED: "With a clinician",
        overlays.CORRECTED: "Correction asked for",
        overlays.OFF: "Taken off by decision",
        overlays.NEWS: "New evidence since a decision",
        overlays.DUE: "Decision due again",
    }.get(state, "")
    if not words or case is None:
        return words
    return f"{words}: {case.decided_by}, {short_day(case.decided_on)}"


def place_sentence(row: dict[str, Any], names: Names, total: int) -> str:
    """Where one person stands, in a sentence."""
    service = f"{names.function(row['treatment_function'])} at {names.trust(row['organisation'])}"
    start: date | None = row["clock_start"]
    if start is None:
        wait = f"Waiting for {service}; nobody has recorded since when"
    else:
        wait = f"Waiting {plural(row['weeks_waited'], 'week')} for {service}, since {day(start)}"
    booked = "nothing is booked" if row["next_event_on"] is None else _then(row)
    return f"{wait}; place {row['position']:,} of {total:,} on the group’s list; {booked}."


def _then(row: dict[str, Any]) -> str:
    kind = EVENT_KINDS.get(row["next_event_kind"], "booking")
    return f"next is {'an' if kind[0] in 'aeiou' else 'a'} {kind} on {day(row['next_event_on'])}"
