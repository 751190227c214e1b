"""The parts of the handmade snapshot: organisations, loads, people, and the story of each pathway."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np

from wherry.hub import schema_elective as elective

Add = Callable[..., None]
Lineage = Callable[[str, str, int], dict[str, Any]]

TRUSTS = ("RM1", "RGP", "RCX")
TRUST_NAMES = {
    "RM1": "Norfolk and Norwich University Hospitals",
    "RGP": "James Paget University Hospitals",
    "RCX": "The Queen Elizabeth Hospital, King's Lynn",
}
SITES = {"RM1": "RM102", "RGP": "RGP75", "RCX": "RCX70"}
#: Treatment function and its reporting group.
FUNCTIONS = (
    ("100", "100"),
    ("101", "101"),
    ("108", "110"),
    ("110", "110"),
    ("120", "120"),
    ("130", "130"),
    ("301", "301"),
    ("330", "330"),
    ("502", "502"),
    ("257", "X04"),
)
PRIORITIES = (None, "P2", "P3", "P4", "P6", "P1b")
PRIORITY_SHARES = (0.55, 0.08, 0.14, 0.2, 0.02, 0.01)
#: What happened on a pathway; see `tell`.
STORIES = ("referred", "seen", "decided", "treated_but_open", "no_start", "monitored", "missed", "moved", "unlucky")
STORY_SHARES = (0.34, 0.2, 0.22, 0.06, 0.04, 0.04, 0.04, 0.03, 0.03)
RULES = (
    ("treated_but_open", "Treated, but the clock is still open", "Record the treatment as a 30.", "high", "pathway"),
    ("dead_but_open", "The person has died, but the clock is open", "Record a 36 with the date.", "high", "pathway"),
    ("no_start", "The clock has no start", "Find the referral and record when it was received.", "high", "pathway"),
    ("tci_past", "The to-come-in date has passed", "Record what happened, or give a new date.", "high", "pathway"),
    ("p2_overdue", "Priority 2 and more than four weeks", "Book, or review the priority.", "high", "pathway"),
    ("dna_not_communicated", "Did not attend, with no proof that it was told", "Find the letter.", "medium", "pathway"),
    ("no_next_event", "Nothing is booked", "Book the next step, or say why not.", "medium", "pathway"),
    ("stale", "Nothing has happened for six months", "Ask the service what the plan is.", "medium", "pathway"),
    ("validation_due", "Not validated when it should have been", "Validate, and record it.", "low", "pathway"),
    ("nhs_number_missing", "No valid NHS number", "Trace the person.", "medium", "person"),
)
_RANK = {"high": 0, "medium": 1, "low": 2}
_SEVERITY = {code: severity for code, _, _, severity, _ in RULES}
_PREFIXES = tuple("Zarq Vexl Ombr Threl Quob Yend Drusk Feng Huxt Ivorn Jask Kelv Lorq Mosk Nurb".split())  # noqa: SIM905
_SUFFIXES = ["abrook", "uttle", "enforth", "owick", "imble", "astrow", "erdine", "upham", "ollick", "etherby"]
_FORENAMES = tuple("Avelina Bartemius Corisande Drogo Elfleda Fulke Griselda Hamnet Isolda Jocosa".split())  # noqa: SIM905


def check_digit(nine: str) -> int:
    """The last digit of an NHS number, or 10 where there is none (modulus 11)."""
    remainder = 11 - sum(int(d) * w for d, w in zip(nine, range(10, 1, -1), strict=True)) % 11
    return 0 if remainder == 11 else remainder


def nhs_number(n: int) -> str:
    """The valid 999 number at or after index `n` of the range, 10 indices apart so that none is given twice."""
    for step in range(10):
        nine = f"999{n * 7 + step:06d}"
        if (digit := check_digit(nine)) < 10:
            return f"{nine}{digit}"
    raise AssertionError("ten in a row without a valid number cannot be")


def load_id(source: str, feed: str) -> str:
    """The id of one of the handmade loads."""
    return hashlib.sha256(f"{source}-{feed}".encode()).hexdigest()[:16]


def organisations(add: Add) -> None:
    """Trusts, commissioners, practices, one site a trust and a small one."""
    rows = [(code, f"{name} NHS Foundation Trust", "trust", "QMM") for code, name in TRUST_NAMES.items()]
    rows += [("QMM", "NHS Norfolk and Waveney Integrated Care Board", "icb", None)]
    rows += [
        ("26A", "NHS Norfolk and Waveney (sub-ICB)", "sub_icb", "QMM"),
        ("07K", "NHS West Suffolk", "sub_icb", None),
    ]
    rows += [(f"D820{n:02d}", f"Practice {n}", "practice", "26A") for n in range(1, 6)]
    for code, name, kind, parent in rows:
        add("organisation", code=code, name=name, kind=kind, parent=parent, from_date=date(2013, 4, 1))
    for n, trust in enumerate(TRUSTS):
        name = TRUST_NAMES[trust].removesuffix(" University Hospitals") + " Hospital"
        where = {"latitude": 52.6 + n / 10, "longitude": 0.5 + n / 2}
        add("site", code=SITES[trust], name=name, organisation=trust, from_date=date(2013, 4, 1), **where)
    where = {"latitude": 52.9257, "longitude": 1.3062}
    add(
        "site",
        code="RM131",
        name="Cromer and District Hospital",
        organisation="RM1",
        from_date=date(2013, 4, 1),
        **where,
    )


def loads(add: Add, census: date) -> None:
    """A load and its freshness for every trust and feed, and the quality rules."""
    received = datetime.combine(census, time(20), UTC)
    for trust in TRUSTS:
        for feed in ("patient", "referral", "event", "list_entry", "appointment", *(f.name for f in elective.FEEDS)):
            add(
                "load",
                load_id=load_id(trust, feed),
                source=trust,
                feed=feed,
                template=f"{trust}-{feed} 1",
                file_name=f"{trust}_{feed}.csv",
                sha256=hashlib.sha256(f"{trust}-{feed}".encode()).hexdigest(),
                byte_count=100_000,
                extract_on=census,
                received_at=received,
                rows_read=1000,
                rows_published=995,
                rows_quarantined=5,
                current=True,
            )
            late = (trust, feed) == ("RGP", "appointment")
            add(
                "source_freshness",
                source=trust,
                feed=feed,
                extract_on=census - timedelta(days=12 if late else 0),
                received_at=received,
                load_id=load_id(trust, feed),
                rows_published=995,
                stale_after_days=8,
                days_old=12 if late else 0,
                late=late,
            )
    for code, words, action, severity, about in RULES:
        add("quality_rule", code=code, words=words, action=action, severity=severity, about=about, source="handmade")


@dataclass(frozen=True)
class Person:
    """One handmade person."""

    index: int
    person_key: str
    surname: str
    forename: str
    nhs_number: str | None
    birth_date: date
    sex: str
    ethnic_category: str
    lsoa: str
    imd_decile: int
    practice: str
    death_date: date | None
    opted_out: bool


def people(add: Add, rng: np.random.Generator, count: int, census: date, *, nasty: bool) -> list[Person]:
    """`count` people; one in 40 has no NHS number, one in 20 has opted out, one in 90 has died."""
    ages = rng.integers(1, 95, count)
    dice = rng.random((count, 6))
    out = []
    for n in range(count):
        surname = (
            _PREFIXES[n % 15] + _SUFFIXES[n // 15 % 10] + ("" if n < 150 else f"-{_SUFFIXES[n // 150 % 10].title()}")
        )
        if nasty and n == 1:
            surname = '=HYPERLINK("http://example.invalid","Zarqx")'
        birth = census - timedelta(days=int(ages[n]) * 365 + int(dice[n, 0] * 300))
        died = census - timedelta(days=3 + int(dice[n, 1] * 60)) if n % 90 == 7 else None
        person = Person(
            index=n,
            person_key="P" + hashlib.sha256(f"person {n}".encode()).hexdigest()[:15],
            surname=surname,
            forename=_FORENAMES[int(dice[n, 2] * 10)],
            nhs_number=None if n % 40 == 11 else nhs_number(n),
            birth_date=birth,
            sex="1" if dice[n, 3] < 0.48 else "2",
            ethnic_category="A" if dice[n, 4] < 0.8 else "H",
            lsoa=f"E010{26600 + n % 97}",
            imd_decile=1 + int(dice[n, 5] * 10),
            practice=f"D820{1 + n % 5:02d}",
            death_date=died,
            opted_out=n % 20 == 3,
        )
        out.append(person)
        add(
            "person",
            person_key=person.person_key,
            birth_date=birth,
            sex=person.sex,
            ethnic_category=person.ethnic_category,
            lsoa=person.lsoa,
            imd_decile=person.imd_decile,
            gp_practice=person.practice,
            death_date=died,
            opted_out=person.opted_out,
            identities=1,
        )
    return out


def identity(add: Add, person: Person, trust: str, done: set[str], lineage: Lineage) -> str:
    """The person's identity at this trust, made the first time it is asked for."""
    number = f"{trust[-1]}{100000 + person.index}"
    key = f"{trust}:{number}"
    if key not in done:
        done.add(key)
        add(
            "person_identity",
            identity_key=key,
            person_key=person.person_key,
            local_patient_id=number,
            nhs_number=person.nhs_number,
            nhs_number_status="01" if person.nhs_number else "07",
            surname=person.surname,
            forename=person.forename,
            birth_date=person.birth_date,
            sex=person.sex,
            ethnic_category=person.ethnic_category,
            address_line=f"{1 + person.index} Staithe Lane",
            postcode=f"NR{1 + person.index % 30} 1AA",
            lsoa=person.lsoa,
            gp_practice=person.practice,
            death_date=person.death_date,
            nhs_number_valid=person.nhs_number is not None,
            matched_by="nhs_number" if person.nhs_number else "alone",
            **lineage(trust, "patient", 2 + person.index),
        )
    return key


@dataclass(frozen=True)
class Story:
    """What happened on one pathway, before it is told as rows."""

    key: str
    ppid: str
    trust: str
    identity_key: str
    person: Person
    function: str
    group: str
    priority: str | None
    kind: str
    days: int
    dice: tuple[float, ...]
    census: date
    number: int
    later_event: bool

    def closed_by_the_trust(self) -> Story:
        """The same pathway after the trust stopped its clock."""
        return replace(self, kind="closed")


def tell(add: Add, story: Story, lineage: Lineage) -> None:
    """Write one pathway: referral, events, bookings, period, place on the list and findings."""
    import snapshot_stories

    snapshot_stories.tell(add, story, lineage)


def rank(rows: list[dict[str, Any]]) -> None:
    """Put the list in order and say why: priority, then list-order date (unknown first), then key."""
    order = ["P1a", "P1b", "P2", "P3", None, "P4", "P5", "P6"]
    ranks = {priority: min(n, 5) if priority in (None, "P4") else n for n, priority in enumerate(order)}
    ranks[None] = ranks["P4"]
    rows.sort(key=lambda r: (ranks[r["clinical_priority"]], r["list_order_date"] or date.min, r["pathway_key"]))
    for place, row in enumerate(rows, start=1):
        row["position"] = place
        priority = row["clinical_priority"] or "No priority recorded (placed with P4)"
        if row["list_order_date"] is None:
            row["why"] = f"{priority}; the clock has no start, so it stands first of its priority until one is found."
        else:
            row["why"] = f"{priority}; place held since {row['list_order_date']:%-d %B %Y}."


def severity_order(codes: set[str]) -> list[str]:
    """Rule codes, worst first."""
    return sorted(codes, key=lambda code: (_RANK[_SEVERITY[code]], code))


def severity(code: str) -> str:
    """The severity of a rule."""
    return _SEVERITY[code]
