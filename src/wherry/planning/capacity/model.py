"""What a capacity assumption is, and what must exist by scenario, run, year and place."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class WardGroup:
    """Beds that are run as one. A spell belongs to the first group whose rule fits it; empty parts fit everything."""

    code: str
    words: str
    kinds: tuple[str, ...] = ()
    whats: tuple[str, ...] = ()
    ages: tuple[int, int] = (0, 200)


@dataclass(frozen=True)
class Requirement:
    """What must exist of one thing: `needed[run, year, site]` (beds also by ward: [run, year, site, ward]).

    `code` is beds_at_occupancy, beds_at_risk, theatre_sessions (a week), clinic_rooms, emergency_cubicles or
    scanner_hours_<test> (a week). `existing[site]` (or [site, ward]) is what there is; NaN where nobody has said.
    `formula` says in words how it was worked out, with its assumptions.
    """

    code: str
    words: str
    unit: str
    needed: Floats = field(repr=False)
    existing: Floats = field(repr=False)
    formula: str = ""
