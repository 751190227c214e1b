"""What the published figures say of every trust: its size and its mix, the features by which peers are found.

Attendances and admissions are of the newest months together, the waiting list and cancer of their newest month. A
trust that became part of another by then is counted there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.errors import UserError
from wherry.hub.published import Published
from wherry.performance.peers.settings import Settings, Succession, successions, successor

Floats = npt.NDArray[np.float64]
#: The treatment function of services for children that have none of their own.
CHILDREN = "X04"
ALL = "C_999"
_SMALL = {"And": "and", "Of": "of", "The": "the", "For": "for", "On": "on", "In": "in", "Upon": "upon", "Nhs": "NHS"}
_CODE_PREFIX = "NHS ENGLAND "


@dataclass(frozen=True)
class Trust:
    """A trust as the newest publication names it. `absorbed` are codes counted with it, `why_not` why it is no peer."""

    code: str
    name: str
    region: str
    absorbed: tuple[str, ...] = ()
    why_not: str = ""


@dataclass(frozen=True)
class Population:
    """Every trust with a type 1 department, by code, and its features.

    `numbers[feature]` has a value a trust (NaN: not published), `mixes[feature]` shares (trusts by parts, rows add up
    to 1 or are NaN) whose parts `parts[feature]` names. `features` are those with data; `vintages` say whose figures.
    """

    trusts: tuple[Trust, ...]
    numbers: Mapping[str, Floats]
    mixes: Mapping[str, Floats]
    parts: Mapping[str, tuple[str, ...]]
    features: tuple[str, ...]
    vintages: Mapping[str, str]
    absent: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()
    place: Mapping[str, int] = field(default_factory=dict)

    def at(self, code: str) -> int:
        """Where a trust stands. Raises UserError where it is not among them."""
        found = self.place.get(code.strip().upper())
        if found is None:
            raise UserError(_unknown(code.strip().upper(), self))
        return found

    def usable(self) -> npt.NDArray[np.bool_]:
        """Which trusts can be peers."""
        return np.array([not one.why_not for one in self.trusts], dtype=bool)


def _unknown(code: str, population: Population) -> str:
    for one in population.trusts:
        if code in one.absorbed:
            return f"{code} has become part of {one.code}, {one.name}. Ask for {one.code}."
    return (
        f"No trust {code} with a type 1 emergency department in the published figures "
        f"({len(population.trusts)} trusts). See wherry published list --providers ae."
    )


def readable(name: str) -> str:
    """A name in capitals as people write it.

    >>> readable("THE QUEEN ELIZABETH HOSPITAL, KING'S LYNN, NHS FOUNDATION TRUST")
    "The Queen Elizabeth Hospital, King's Lynn"
    >>> readable("University Hospitals of Morecambe Bay NHS Foundation Trust"), readable("NHS ENGLAND EAST OF ENGLAND ")
    ('University Hospitals of Morecambe Bay', 'NHS England East of England')
    """
    words = [word.capitalize() for word in name.split()]
    said = " ".join(words[:1] + [_SMALL.get(word, word) for word in words[1:]])
    said = " ".join(_SMALL.get(word, word) if word == "Nhs" else word for word in said.split())
    for tail in (" NHS Foundation Trust", " NHS Trust", " National Health Service Trust"):
        said = said.removesuffix(tail)
    said = "-".join(part[:1].upper() + part[1:] for part in said.split("-"))
    return said.rstrip(" ,")


def read(opened: Published, settings: Settings, joined: tuple[Succession, ...] | None = None) -> Population:
    """Trusts and features from what is loaded. Raises UserError where there is no A&E, which tells who has type 1."""
    months = opened.periods("ae")
    if not months:
        raise UserError(
            "No A&E statistics are loaded, so nobody knows which trusts have an emergency department. "
            "Load them: wherry published load FILE..."
        )
    newest = max([months[-1], *(opened.periods(name)[-1] for name in ("rtt", "cancer") if opened.periods(name))])
    on = _last_day(newest)
    rows = successions() if joined is None else joined
    ae, names, regions, stopped = _ae(opened, months[-settings.ae_months :], on, rows)
    codes = sorted(code for code, one in ae.items() if one["type1"] > 0)
    absorbed = {code: tuple(r.code for r in rows if successor(r.code, on, rows) == code) for code in codes}
    numbers: dict[str, Floats] = {
        "type1": np.array([ae[code]["type1"] for code in codes]),
        "type1_share": np.array([ae[code]["type1"] / ae[code]["every"] for code in codes]),
        "admitted_share": np.array([ae[code]["admitted"] / ae[code]["type1"] for code in codes]),
    }
    span = f"A&E, {months[-settings.ae_months :][0]} to {months[-1]}"
    vintages, mixes, parts, absent = {"ae": span}, {}, {}, []
    children = np.full(len(codes), np.nan)
    if opened.periods("rtt"):
        period, functions, counts = _rtt(opened, codes, on, rows)
        numbers["rtt_list"], mixes["rtt_mix"], parts["rtt_mix"] = *_shares(counts), functions
        vintages["rtt"] = f"waiting list, {period}"
        if CHILDREN in functions:
            children = mixes["rtt_mix"][:, functions.index(CHILDREN)]
        names_of = opened.treatment_functions(period)
        parts["rtt_mix"] = tuple(names_of[code].removesuffix(" Service") for code in functions)
    else:
        absent.append("rtt")
    if opened.periods("cancer"):
        period, kinds, counts = _cancer(opened, codes, on, rows)
        numbers["cancer_size"], mixes["cancer_mix"], parts["cancer_mix"] = *_shares(counts), kinds
        vintages["cancer"] = f"cancer, {period}"
    else:
        absent.append("cancer")
    features = tuple(f.code for f in settings.features if f.code in numbers or f.code in mixes)
    trusts = []
    for at, code in enumerate(codes):
        lacks = [f for f in features if np.isnan(numbers[f][at] if f in numbers else mixes[f][at]).any()]
        why = _why_not(settings, float(numbers["type1"][at]), len(months[-settings.ae_months :]), children[at], lacks)
        trusts.append(Trust(code, names[code], regions[code], absorbed[code], why))
    return Population(
        tuple(trusts),
        numbers,
        mixes,
        parts,
        features,
        vintages,
        tuple(absent),
        tuple(stopped),
        {code: at for at, code in enumerate(codes)},
    )


def _why_not(settings: Settings, type1: float, months: int, children: float, lacks: list[str]) -> str:
    if type1 < settings.type1_least * months / 12:
        return "no type 1 emergency department of a general hospital's size"
    if children > settings.children_share:
        return "a children's trust, by its waiting list"
    if lacks:
        named = {f.code: f.name for f in settings.features}
        return "not published: " + ", ".join(named[code].lower() for code in lacks)
    return ""


def _ae(
    opened: Published, months: list[str], on: date, rows: tuple[Succession, ...]
) -> tuple[dict[str, dict[str, float]], dict[str, str], dict[str, str], list[str]]:
    found: dict[str, dict[str, float]] = {}
    names: dict[str, str] = {}
    regions: dict[str, str] = {}
    last: dict[str, str] = {}
    for month in months:
        for row in opened.rows("ae", month).to_pylist():
            if row["kind"] != "provider":
                continue
            code = successor(row["provider"], on, rows)
            one = found.setdefault(code, {"type1": 0.0, "every": 0.0, "admitted": 0.0})
            for kind in ("type1", "type2", "other"):
                seen = (row[f"{kind}_attendances"] or 0) + (row.get(f"{kind}_booked") or 0)
                one["every"] += seen
                one["type1"] += seen if kind == "type1" else 0
            one["admitted"] += row["type1_emergency_admissions"] or 0
            if code == row["provider"]:
                names[code] = readable(row["provider_name"] or code)
                regions[code] = readable((row["provider_parent_name"] or "").strip().removeprefix(_CODE_PREFIX))
                last[code] = month
    stopped = sorted(code for code, one in found.items() if one["type1"] and last.get(code, "") < months[-1])
    for code in found:
        names.setdefault(code, code)
        regions.setdefault(code, "")
    return found, names, regions, stopped


def _rtt(
    opened: Published, codes: list[str], on: date, rows: tuple[Succession, ...]
) -> tuple[str, tuple[str, ...], Floats]:
    period = opened.source("rtt").period
    functions = tuple(code for code in opened.treatment_functions(period) if code != ALL)
    table = opened.rtt_table(period)
    picked = zip(*(table[name].to_pylist() for name in ("provider", "treatment_function", "total_all")), strict=True)
    return period, functions, _grid(codes, functions, picked, on, rows)


def _cancer(
    opened: Published, codes: list[str], on: date, rows: tuple[Succession, ...]
) -> tuple[str, tuple[str, ...], Floats]:
    period = opened.source("cancer").period
    table = [
        row
        for row in opened.rows("cancer", period)
        .select(["kind", "standard", "provider", "route", "cancer_type", "total"])
        .to_pylist()
        if row["kind"] == "provider" and row["standard"] == "fds" and row["cancer_type"]
    ]
    kinds = tuple(sorted({row["cancer_type"] for row in table}))
    return period, kinds, _grid(codes, kinds, ((r["provider"], r["cancer_type"], r["total"]) for r in table), on, rows)


def _grid(
    codes: list[str],
    columns: tuple[str, ...],
    cells: Iterable[tuple[Any, Any, Any]],
    on: date,
    rows: tuple[Succession, ...],
) -> Floats:
    """Counts, a trust a row and a part a column; a trust without any row is NaN."""
    grid = np.zeros((len(codes), len(columns)))
    seen = np.zeros(len(codes), dtype=bool)
    down = {code: at for at, code in enumerate(codes)}
    across = {name: at for at, name in enumerate(columns)}
    for provider, part, number in cells:
        at = down.get(successor(provider, on, rows))
        if at is not None and part in across and number is not None:
            grid[at, across[part]] += number
            seen[at] = True
    grid[~seen] = np.nan
    return grid


def _shares(counts: Floats) -> tuple[Floats, Floats]:
    """Totals (NaN where nothing), and shares of them."""
    totals = counts.sum(axis=1)
    totals = np.where(totals > 0, totals, np.nan)
    return totals, counts / totals[:, None]


def _last_day(month: str) -> date:
    year, number = (int(part) for part in month.split("-"))
    return date(year + number // 12, number % 12 + 1, 1) - timedelta(days=1)
