"""The year of activity that a scenario starts from, as arrays: one place a cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pyarrow_compute

from wherry.errors import UserError
from wherry.hub import activity
from wherry.reference import system as systems
from wherry.reference.activity import KINDS
from wherry.reference.system import System

if TYPE_CHECKING:
    from wherry.planning.capacity.model import WardGroup

pc: Any = pyarrow_compute

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Baseline:
    """Cells of one financial year, those that have the same of everything lumped together.

    `kind` is a place in `reference.activity.KINDS`, `site` in `sites`, `what` in `whats` (treatment functions and
    tests; place 0 is blank), `ward` in `wards` (-1: fills no bed). `age` 0 to 90; `sex` 1, 2 or 9; `quintile` 0 (not
    known) to 5; `nights`, `theatre_minutes` of one; `markers` bits; `count` how many. `notes` say where it came from.
    """

    year: int
    sites: tuple[str, ...]
    trust_of: tuple[str, ...]
    site_words: tuple[str, ...]
    whats: tuple[str, ...]
    wards: tuple[str, ...]
    site: Ints = field(repr=False)
    kind: Ints = field(repr=False)
    what: Ints = field(repr=False)
    ward: Ints = field(repr=False)
    age: Ints = field(repr=False)
    sex: Ints = field(repr=False)
    quintile: Ints = field(repr=False)
    nights: Ints = field(repr=False)
    theatre_minutes: Ints = field(repr=False)
    markers: Ints = field(repr=False)
    count: Ints = field(repr=False)
    system: str = ""
    load_id: str = ""
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.count)


def load(hub_dir: Path | None, system: System | str, wards: Sequence[WardGroup], year: int | None = None) -> Baseline:
    """The activity in force in a hub, one financial year of it (the newest, if no year is given), as arrays.

    Only spells with nights, of kinds that fill beds, are put in a ward group: the first whose rule fits. Nights are
    discharge date less admission date, as KH03 counts beds at midnight (the national demand model counts one more).
    Raises UserError where nothing has been loaded, or not that year.
    """
    place = systems.load(system) if isinstance(system, str) else system
    loaded = activity.open(hub_dir)
    if year is None:
        year = loaded.years[-1]
    elif year not in loaded.years:
        held = ", ".join(_words(one) for one in loaded.years)
        raise UserError(
            f"The activity {loaded.id} has nothing of {_words(year)}; it has {held}. "
            f"Load that year ({activity.LOAD_COMMAND}), or name one that it has as the base year."
        )
    cells = loaded.cells()
    cells = cells.filter(pc.equal(cells["financial_year"], year))
    sites, trust_of, words = _sites(place, cells)
    whats = ("", *sorted({str(code) for code in cells["what"].unique().to_pylist()} - {""}))
    columns = {name: _numbers(cells, name) for name in ("age", "sex", "nights", "theatre_minutes", "markers", "count")}
    kind = _places(cells["kind"], tuple(KINDS))
    what = _places(cells["what"], whats)
    return Baseline(
        year=year,
        sites=sites,
        trust_of=trust_of,
        site_words=words,
        whats=whats,
        wards=tuple(ward.code for ward in wards),
        site=_places(cells["site"], sites),
        kind=kind,
        what=what,
        ward=ward_places(wards, kind, what, columns["age"], columns["nights"], whats),
        quintile=_numbers(cells, "imd_quintile"),
        system=place.name,
        load_id=loaded.id,
        notes=_notes(loaded, year),
        **columns,
    )


def ward_places(
    wards: Sequence[WardGroup], kind: Ints, what: Ints, age: Ints, nights: Ints, whats: Sequence[str]
) -> Ints:
    """The place of the ward group of every cell; -1 for those that fill no bed, or that no group takes.

    >>> from wherry.planning.capacity.model import WardGroup
    >>> groups = (WardGroup("children", "Children", ages=(0, 17)), WardGroup("adults", "Adults"))
    >>> two, emergency = np.array([0, 0]), np.array([list(KINDS).index("emergency")] * 2)
    >>> ward_places(groups, emergency, two, np.array([5, 50]), np.array([1, 0]), [""]).tolist()
    [0, -1]
    """
    with_nights = np.array([one.nights for one in KINDS.values()])
    found = np.full(len(kind), -1, dtype=np.int64)
    free = with_nights[kind] & (nights > 0)
    for place, ward in enumerate(wards):
        fits = free & (age >= ward.ages[0]) & (age <= ward.ages[1])
        if ward.kinds:
            fits &= np.array([code in ward.kinds for code in KINDS])[kind]
        if ward.whats:
            fits &= np.array([code in ward.whats for code in whats])[what]
        found[fits] = place
        free &= ~fits
    return found


def _sites(place: System, cells: pa.Table) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Codes, trusts and words of the sites that did anything: those of the system in its order, then any others."""
    owner = dict(
        zip(*(pair.to_pylist() for pair in cells.group_by(["site", "organisation"]).aggregate([]).columns), strict=True)
    )
    by_trust = [site for trust in place.trusts for site in place.sites_of(trust) if site.code in owner]
    known = {site.code: site.short_name for site in by_trust}
    codes = (*known, *sorted(set(owner) - set(known)))
    return codes, tuple(owner[code] for code in codes), tuple(known.get(code, code) for code in codes)


def _places(column: Any, order: Sequence[str]) -> Ints:
    found = pc.index_in(column, value_set=pa.array(order, pa.string()))
    return np.asarray(found.to_numpy(), dtype=np.int64)


def _numbers(cells: pa.Table, name: str) -> Ints:
    return np.asarray(cells[name].to_numpy(), dtype=np.int64)


def _words(year: int) -> str:
    from wherry.planning.scenario.model import year_words

    return year_words(year)


def _notes(loaded: activity.Activity, year: int) -> tuple[str, ...]:
    manifest = loaded.manifest
    rows = f"{manifest['rows_published']:,} rows published of {manifest['rows_read']:,} read"
    left = f", {manifest['rows_quarantined']:,} in quarantine" if manifest["rows_quarantined"] else ""
    return (
        f"Activity of {_words(year)}, load {loaded.id}, taken in {str(manifest['loaded_at'])[:10]}: {rows}{left}.",
        *(("Everybody in it is artificial.",) if loaded.artificial else ()),
        "A night is a midnight in hospital: discharge date less admission date.",
        "Only spells with nights fill beds; day cases and same-day emergency care do not.",
        *(str(note) for note in manifest["notes"]),
    )
