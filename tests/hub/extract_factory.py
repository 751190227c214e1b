"""Small extracts as the three trusts would send them: rows of a feed in, files in the trusts' layouts out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from wherry.hub.templates import Template, read_templates
from wherry.paths import system_dir
from wherry.reference.nhs_number import synthetic

ON = date(2026, 1, 31)
Row = dict[str, Any]

TEMPLATES = {
    (template.source, template.feed): template
    for template in read_templates(system_dir("norfolk-waveney") / "templates")
}
_WRITE = {"YYYY-MM-DD": "%Y-%m-%d", "DD/MM/YYYY": "%d/%m/%Y", "DD-MON-YYYY": "%d-%b-%Y"}


def nhs(index: int) -> str:
    """The index-th artificial NHS number."""
    return str(synthetic([index])[0])


def file_name(template: Template, on: date = ON) -> str:
    """The name that the template's source gives a file of that date."""
    stamp = on.strftime(template.name_date)
    return re.sub(r"\(\?P<date>[^)]*\)", stamp, template.name.pattern).replace("\\.", ".")


def text(template: Template, column: str, value: Any) -> str:
    """A value as the source writes it; text that begins with `!` is written as it is, without the mark."""
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith("!"):
        return value[1:]
    if isinstance(value, bool):
        return template.true if value else template.false
    if isinstance(value, date):
        written = value.strftime(_WRITE[template.date_format])
        return written.upper() if "MON" in template.date_format else written
    for local, national in template.codes.get(column, {}).items():
        if national == value:
            return local
    return str(value)


def lines(template: Template, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The header line and one line a row, without line ends."""
    header = template.delimiter.join(template.columns.values())
    return [header, *(template.delimiter.join(text(template, c, row.get(c)) for c in template.columns) for row in rows)]


def write(
    folder: Path, source: str, feed: str, rows: Sequence[Mapping[str, Any]], on: date = ON, *, end: str = "\n"
) -> Path:
    """Write one extract and return its path."""
    template = TEMPLATES[source, feed]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file_name(template, on)
    path.write_bytes("".join(line + end for line in lines(template, rows)).encode(template.encoding))
    return path


@dataclass
class Feeds:
    """Rows of each (source, feed), to be changed by a test and then written."""

    rows: dict[tuple[str, str], list[Row]] = field(default_factory=dict)

    def __getitem__(self, key: tuple[str, str]) -> list[Row]:
        return self.rows.setdefault(key, [])

    def write(self, folder: Path, on: date = ON) -> Path:
        """Write every feed that has rows."""
        for (source, feed), rows in self.rows.items():
            write(folder, source, feed, rows, on)
        return folder


def patient(number: int, source: str = "RM1", **more: Any) -> Row:
    """A person as one source knows them; number is both the local number and the index of the NHS number."""
    return {
        "local_patient_id": f"{source}-{number}",
        "nhs_number": nhs(number),
        "nhs_number_status": "01",
        "surname": f"Reed{'abcdefghij'[number % 10]}{'klmnopqrst'[number // 10 % 10]}",
        "forename": "Ada" if number % 2 else "Bram",
        "birth_date": date(1950 + number % 50, 1 + number % 12, 1 + number % 28),
        "sex": "2" if number % 2 else "1",
        "ethnic_category": "A",
        "address_line": f"{number} Staithe Road",
        "postcode": "NR1 1AA",
        "lsoa": "E01026723",
        "gp_practice": "D82001",
        "death_date": None,
    } | more


def referral(number: int, source: str = "RM1", ppid: str | None = None, **more: Any) -> Row:
    """A referral of that person."""
    return {
        "ppid": ppid or f"{source}{number:017d}",
        "ppid_issuer": source,
        "local_patient_id": f"{source}-{number}",
        "referral_received_on": date(2025, 6, 2),
        "referral_source": "gp",
        "referrer": "D82001",
        "treatment_function": "110",
        "priority_type": "1",
        "commissioner": "26A",
        "referral_closed_on": None,
    } | more


def event(number: int, source: str = "RM1", ppid: str | None = None, at: int = 1, **more: Any) -> Row:
    """Event `at` of that person's pathway: the first is the referral, which starts the clock."""
    return {
        "event_id": f"E{source}{number}-{at}",
        "ppid": ppid or f"{source}{number:017d}",
        "ppid_issuer": source,
        "event_on": date(2025, 6, 2),
        "event_type": "referral_received",
        "rtt_status": "10",
        "site": None,
        "treatment_function": "110",
        "first_activity": None,
        "dna_communicated": None,
        "outcome": None,
    } | more


def one_trust(people: int = 2) -> Feeds:
    """Some people of one trust, each with an open pathway: the least that a build can be made of."""
    feeds = Feeds()
    for number in range(1, people + 1):
        for feed, make in (("patient", patient), ("referral", referral), ("event", event)):
            feeds["RM1", feed].append(make(number))
    return feeds


def small_system(people: int = 6) -> Feeds:
    """Some people at each trust, each with an open pathway; persons 1 and 2 are known at two trusts."""
    feeds = Feeds()
    for number in range(1, people + 1):
        for source in ("RM1", "RGP", "RCX"):
            mine = number if number <= 2 and source != "RCX" else number + {"RM1": 100, "RGP": 200, "RCX": 300}[source]
            feeds[source, "patient"].append(patient(mine, source))
            feeds[source, "referral"].append(referral(mine, source))
            feeds[source, "event"].append(event(mine, source))
    feeds["RM1", "list_entry"].append(
        {"entry_id": "W1", "ppid": feeds["RM1", "referral"][0]["ppid"], "ppid_issuer": "RM1", "list_type": "admitted",
         "added_on": date(2025, 9, 1), "procedure": "W371", "clinical_priority": "P3", "tci_on": date(2026, 3, 3)}
    )  # fmt: skip
    feeds["RGP", "appointment"].append(
        {"appointment_id": "A1", "ppid": feeds["RGP", "referral"][0]["ppid"], "ppid_issuer": "RGP",
         "booked_for": date(2026, 2, 9), "kind": "first", "site": "RGP75", "status": "booked"}
    )  # fmt: skip
    feeds["X26", "opt_out"].append({"nhs_number": nhs(104)})
    return feeds
