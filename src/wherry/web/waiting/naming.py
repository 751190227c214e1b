"""Names of codes as one snapshot has them: trusts, sites, treatment functions, rules. Read once a snapshot."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wherry.reference import treatment_functions
from wherry.web import snapshot as snapshots

if TYPE_CHECKING:
    from wherry.hub.snapshot import Snapshot

SEX = {"1": "male", "2": "female", "9": "indeterminate", "X": "sex not known"}
STAGES = {"outpatient": "Outpatient", "admitted": "Decision to admit"}
EVENT_KINDS = {
    "first": "first appointment",
    "follow_up": "follow-up",
    "pre_op": "pre-operative assessment",
    "diagnostic": "diagnostic test",
    "admission": "admission",
}
EVENT_TYPES = {
    "referral_received": "Referral received",
    "attendance": "Attendance",
    "dna": "Did not attend",
    "patient_cancellation": "Cancelled by the patient",
    "provider_cancellation": "Cancelled by the hospital",
    "decision_to_treat": "Decision to treat",
    "admission": "Admission",
    "transfer": "Transfer",
    "validation": "Validation",
    "review": "Review",
    "death": "Death",
    "other": "Other",
}
PRIORITY_TYPES = {"1": "routine", "2": "urgent", "3": "two-week wait"}
SEVERITIES = {"high": "High", "medium": "Medium", "low": "Low"}
QUINTILES = {
    "1": "1, most deprived fifth",
    "2": "2",
    "3": "3",
    "4": "4",
    "5": "5, least deprived fifth",
}


@dataclass(frozen=True)
class Rule:
    """A data-quality rule in words."""

    code: str
    words: str
    action: str
    severity: str
    about: str


@dataclass(frozen=True)
class Names:
    """Words for the codes of one snapshot. An unknown code is shown as it is; a missing one is said to be."""

    organisations: dict[str, str]
    short: dict[str, str]
    sites: dict[str, str]
    rules: dict[str, Rule]
    files: dict[str, str]

    def organisation(self, code: str | None) -> str:
        """The full name."""
        return self.organisations.get(code or "", code or "not recorded")

    def trust(self, code: str | None) -> str:
        """A name short enough for a table's cell."""
        return self.short.get(code or "", self.organisation(code))

    def site(self, code: str | None) -> str:
        """The place of care."""
        return self.sites.get(code or "", code or "place not recorded")

    def function(self, code: str | None) -> str:
        """A treatment function or reporting group."""
        return treatment_functions.name(code) or (f"code {code}" if code else "not recorded")

    def rule(self, code: str) -> Rule:
        """A data-quality rule; one that the snapshot does not describe is shown by its code."""
        return self.rules.get(code) or Rule(code, code.replace("_", " "), "", "medium", "pathway")

    def facet(self, parameter: str, value: str) -> str:
        """What a filter's value is called."""
        if parameter == "trust":
            return self.trust(value)
        if parameter == "commissioner":
            return self.organisation(value)
        if parameter in ("group", "function"):
            return f"{self.function(value)} ({value})" if value else "Not recorded"
        named = {"stage": STAGES, "severity": SEVERITIES, "quintile": QUINTILES}.get(parameter, {})
        blank = {"priority": "No priority recorded", "severity": "Nothing doubtful"}.get(parameter, "Not recorded")
        return named.get(value, value) or blank


_kept: dict[str, Names] = {}
_lock = threading.Lock()


def names_of(snapshot: Snapshot) -> Names:
    """The names of a snapshot; files only for the care purpose."""
    key = f"{snapshot.purpose}:{snapshot.folder}"
    with _lock:
        if key not in _kept:
            if len(_kept) > 4:
                _kept.clear()
            _kept[key] = _read(snapshot)
        return _kept[key]


def forget() -> None:
    """Drop what is kept, for tests."""
    with _lock:
        _kept.clear()


def _read(snapshot: Snapshot) -> Names:
    organisations: dict[str, str] = {}
    for row in sorted(snapshot.arrow("organisation").to_pylist(), key=lambda r: r["from_date"]):
        organisations[row["code"]] = row["name"]
    system = snapshots.system()
    short = {code: _short(name) for code, name in organisations.items()}
    if system is not None:
        short |= {code: system.short_name(code) for code in system.trusts}
    return Names(
        organisations=organisations,
        short=short,
        sites={row["code"]: row["name"] for row in snapshot.arrow("site").to_pylist()},
        rules={
            row["code"]: Rule(row["code"], row["words"], row["action"], row["severity"], row["about"])
            for row in snapshot.arrow("quality_rule").to_pylist()
        },
        files={row["load_id"]: row["file_name"] for row in snapshot.arrow("load").to_pylist()},
    )


def _short(name: str) -> str:
    for ending in (" NHS Foundation Trust", " NHS Trust", " University Hospitals"):
        name = name.removesuffix(ending)
    return name
