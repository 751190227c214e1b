"""The dated rules of cancer as data: timed pathways, concerns, and how a shared breach is credited.

Each is a TOML file beside this package with its source and how sure of it we are. A system may bring timed pathways of
its own: `timed_pathways.toml` beside its `system.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from wherry.errors import UserError

#: Every milestone that an organisation may send, in no order: each timed pathway has its own.
MILESTONES = (
    "triaged",
    "first_seen",
    "test_requested",
    "test_performed",
    "test_reported",
    "biopsy_performed",
    "biopsy_reported",
    "staging_performed",
    "mdt_discussed",
    "informed",
    "decision_to_treat",
    "treated",
)
TUMOUR_GROUPS = (
    *("lung", "lower_gi", "prostate", "upper_gi", "breast", "skin", "gynaecological", "urological"),
    *("head_and_neck", "other"),
)
#: Steps that count as a test where a timed pathway does not say.
TESTS = ("test_performed", "test_reported", "biopsy_performed", "biopsy_reported", "staging_performed")
KINDS = ("clinic", "diagnostic", "theatre")


@dataclass(frozen=True)
class Milestone:
    """One milestone: said when done, said as a step that is to come, and until when it is asked for."""

    code: str
    words: str
    step: str
    until: str = ""


@dataclass(frozen=True)
class Need:
    """What a step takes of a site's capacity: a kind, and the function (and procedure group) or the test."""

    kind: str
    treatment_function: str = ""
    procedure_group: str = ""
    test: str = ""


@dataclass(frozen=True)
class TimedPathway:
    """The steps of one tumour group between two days, each with the day of the pathway by which it should be done."""

    tumour_group: str
    words: str
    from_date: date
    to_date: date | None
    source: str
    certainty: str
    days: Mapping[str, int]
    tests: tuple[str, ...]
    needs: Mapping[str, Need]
    function: str

    def holds(self, on: date) -> bool:
        """Whether it holds on a day."""
        return self.from_date <= on and (self.to_date is None or on <= self.to_date)


@dataclass(frozen=True)
class TimedPathways:
    """Every timed pathway, and the milestones they are made of."""

    milestones: Mapping[str, Milestone]
    rows: tuple[TimedPathway, ...]

    def of(self, tumour_group: str, on: date) -> TimedPathway:
        """The pathway of a tumour group on a day; of "other" where the group has none.

        >>> timed_pathways().of("lung", date(2026, 1, 31)).days["treated"]
        49
        """
        for group in (tumour_group, "other"):
            held = [row for row in self.rows if row.tumour_group == group]
            found = [row for row in held if row.holds(on)] or held[:1]
            if found:
                return found[0]
        raise UserError("The timed pathways have no row for other tumours. Add one with tumour_group = 'other'.")


@dataclass(frozen=True)
class Concern:
    """Something that can be wrong with a cancer pathway; `rank` 0 is the worst. `days` is the day it goes by."""

    code: str
    words: str
    action: str
    severity: str
    source: str
    rank: int
    days: int = 0


@dataclass(frozen=True)
class Share:
    """How a shared case of one kind is credited: shares of one case."""

    transfer: str
    treatment: str
    wait: str
    referring: float
    treating: float
    words: str


@dataclass(frozen=True)
class Allocation:
    """The breach allocation that holds from a day: transfer and treatment limits in days, and the shares."""

    from_date: date
    transfer_by: int
    treat_within: int
    source: str
    certainty: str
    shares: tuple[Share, ...]


def _own(name: str) -> dict[str, Any]:
    text = resources.files("wherry.waiting.cancer").joinpath("data", name).read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def timed_pathways(folder: Path | None = None) -> TimedPathways:
    """The timed pathways of a system's folder if it has its own, otherwise ours. Raises UserError for what is wrong."""
    path = folder / "timed_pathways.toml" if folder else None
    if path is None or not path.is_file():
        return read_timed(_own("timed_pathways.toml"), "timed_pathways.toml")
    try:
        return read_timed(tomllib.loads(path.read_text(encoding="utf-8")), str(path))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({error}). Correct it, or remove it to use the usual ones.") from error


def read_timed(document: Mapping[str, Any], where: str) -> TimedPathways:
    """A document laid out as `data/timed_pathways.toml`."""
    milestones = {}
    for code, row in document.get("milestone", {}).items():
        _known(where, "milestone", code, MILESTONES)
        _known(where, f"until of {code}", row.get("until", MILESTONES[0]), MILESTONES)
        milestones[code] = Milestone(code, row["words"], row["step"], row.get("until", ""))
    rows = []
    for row in document.get("pathway", []):
        group = row.get("tumour_group", "")
        _known(where, "tumour group", group, TUMOUR_GROUPS)
        days = row["days"]
        for code in (*days, *row.get("tests", ()), *row.get("needs", {})):
            _known(where, f"milestone of {group}", code, tuple(milestones))
        if any(not isinstance(day, int) or day < 0 for day in days.values()):
            raise UserError(f"{where}: a day of {group} is not a whole number, 0 or more.")
        needs = {code: _need(text, f"{where}: {group}, {code}") for code, text in row.get("needs", {}).items()}
        tests = tuple(row.get("tests", TESTS))
        dates = (row["from_date"], row.get("to_date"))
        says = (row["source"], row["certainty"])
        rows.append(TimedPathway(group, row["words"], *dates, *says, days, tests, needs, row.get("function", "")))
    for at, row in enumerate(rows):
        for other in rows[:at]:
            if row.tumour_group == other.tumour_group and (other.holds(row.from_date) or row.holds(other.from_date)):
                raise UserError(
                    f"{where}: {row.tumour_group} has two rows that hold on one day, from {other.from_date} and from "
                    f"{row.from_date}. End the earlier one the day before the later one starts."
                )
    return TimedPathways(milestones, tuple(rows))


def _known(where: str, what: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise UserError(f"{where}: {what} {value!r} is none of {', '.join(known)}.")


def _need(text: str, where: str) -> Need:
    kind, *rest = text.split()
    if kind not in KINDS or not 1 <= len(rest) <= 2 or (kind != "theatre" and len(rest) > 1):
        raise UserError(f"{where}: {text!r} is not 'clinic FUNCTION', 'diagnostic TEST' or 'theatre FUNCTION GROUP'.")
    if kind == "diagnostic":
        return Need(kind, test=rest[0])
    return Need(kind, rest[0], rest[1] if len(rest) > 1 else "")


@cache
def concerns() -> Mapping[str, Concern]:
    """Every concern by its code, worst first.

    >>> list(concerns())[:3]
    ['harm_review_due', 'over_62', 'over_31']
    """
    rows = _own("concerns.toml").items()
    return {code: Concern(code, rank=rank, **row) for rank, (code, row) in enumerate(rows)}


@cache
def _policies() -> tuple[Allocation, ...]:
    made = []
    for row in _own("allocation.toml")["policy"]:
        shares = tuple(Share(**share) for share in row["rule"])
        named = {name: value for name, value in row.items() if name != "rule"}
        made.append(Allocation(**named, shares=shares))
    return tuple(sorted(made, key=lambda policy: policy.from_date))


def allocation(on: date) -> Allocation:
    """The breach allocation that holds on a day; before the first, the first.

    >>> allocation(date(2026, 1, 31)).transfer_by
    38
    """
    held = [policy for policy in _policies() if policy.from_date <= on]
    return held[-1] if held else _policies()[0]
