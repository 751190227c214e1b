"""What a bed simulation needs to know: wards and beds, who comes and when, how long they stay, and the rules.

Everything is frozen, checked when it is made, and refuses a name that it does not know.
"""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any, Literal

from wherry.errors import UserError

#: Days of the calendar months of a year without a leap day, January first.
MONTHS = 12


@dataclass(frozen=True)
class Stay:
    """How long people stay. `nights`: `shares` of people with 0, 1, 2 ... nights (discharge date less admission date).

    The others are times: `exponential`, `lognormal` (its coefficient of variation is `cv`) and `fixed`, of a mean.
    """

    kind: Literal["nights", "exponential", "lognormal", "fixed"]
    shares: tuple[float, ...] = ()
    mean_days: float = 0.0
    cv: float = 1.0

    def __post_init__(self) -> None:
        if self.kind == "nights":
            if not self.shares or min(self.shares) < 0 or not math.isclose(sum(self.shares), 1.0, abs_tol=1e-9):
                raise ValueError("shares of nights are 0 or more and add up to 1")
        elif not (self.mean_days > 0 and self.cv > 0):
            raise ValueError(f"a mean stay and its variation are above 0, not {self.mean_days} and {self.cv}")

    @property
    def mean(self) -> float:
        """Mean nights, or mean days.

        >>> Stay("nights", (0.5, 0.25, 0.25)).mean
        0.75
        """
        return sum(n * share for n, share in enumerate(self.shares)) if self.kind == "nights" else self.mean_days


@dataclass(frozen=True)
class Profile:
    """When people come: `week` is 168 weights from Monday 00:00, `months` 12 from January; 1 is the mean of either.

    `even`: they come evenly (a list that is made), not at random.
    """

    name: str
    week: tuple[float, ...]
    months: tuple[float, ...]
    even: bool = False

    def __post_init__(self) -> None:
        if len(self.week) != 168 or len(self.months) != MONTHS or min(self.week + self.months) < 0:
            raise ValueError(f"profile {self.name!r} has 168 hours of a week and 12 months, none below 0")


@dataclass(frozen=True)
class Flow:
    """People of one kind who come to one ward group of one site, `a_day` of them on a mean day.

    `planned` people whose bed is not there by the morning are cancelled; the others wait for it.
    """

    site: str
    ward: str
    kind: str
    a_day: float
    stay: Stay
    profile: str
    planned: bool = False


@dataclass(frozen=True)
class Ward:
    """A ward group. Those whose home it is may lie in `outlie_to`, in that order, when it is full.

    `general`: counts when one asks whether a site is full. `transfers`: its people may be moved to another site.
    """

    code: str
    words: str
    outlie_to: tuple[str, ...] = ()
    general: bool = True
    transfers: bool = True


@dataclass(frozen=True)
class Pathway:
    """A way of leaving (0 to 3): the share of emergencies that stay a night, and mean days between ready and gone."""

    code: str
    words: str
    share: float
    mean_days: float


@dataclass(frozen=True)
class Change:
    """Beds opened (above 0) or closed (below) at a ward group in some calendar months, on top of `beds`."""

    site: str
    ward: str
    months: tuple[int, ...]
    beds: int
    why: str = ""


@dataclass(frozen=True)
class BedsSpec:
    """The whole of it. `beds[site][ward]`. Times in hours, stays in days; months and hours in local time.

    `pooling`: whether sites take each other's people: none, after so many hours boarding, or full (at once).
    `transfer_hours`: until somebody is in another site's bed, which is kept for them; they wait as long.
    `turned_away`: who finds no bed goes away (for Erlang's formula); otherwise they wait.
    `weekend_share`: of those due to leave on a Saturday or Sunday, the share that does (and all whose stay is too short
    for the Friday before). `discharge_hours`: 24 shares.
    `delay_factor`: 1 keeps the delays that are in the nights, 0 takes them away.
    `settled_within`, `pilot_runs`: how near, and over how many runs, the warm-up must be to what it settles at.
    """

    sites: tuple[str, ...]
    wards: tuple[Ward, ...]
    beds: tuple[tuple[int, ...], ...]
    flows: tuple[Flow, ...]
    profiles: tuple[Profile, ...]
    site_words: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    title: str = ""
    scenario: str = ""
    year: int = 2023
    days: int = 365
    pooling: Literal["none", "after", "full"] = "none"
    pooling_hours: float = 8.0
    transfer_hours: float = 0.0
    cleaning_hours: float = 0.0
    turned_away: bool = False
    planned_outlie: bool = False
    cancel_hour: int = 12
    rebook_days: int = 14
    first_limit_hours: float = 4.0
    second_limit_hours: float = 12.0
    weekend_share: float = 1.0
    same_day_hours: tuple[float, float] = (2.0, 12.0)
    discharge_hours: tuple[float, ...] = (1 / 24,) * 24
    pathways: tuple[Pathway, ...] = ()
    delay_factor: float = 1.0
    settled_within: float = 0.005
    pilot_runs: int = 4
    assumptions: tuple[tuple[str, str, str], ...] = field(default=(), repr=False)
    notes: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        for problem in _problems(self):
            raise UserError(f"A bed simulation cannot be run: {problem}. Nothing was run.")

    @property
    def ward_codes(self) -> tuple[str, ...]:
        """Codes of the ward groups, in order."""
        return tuple(ward.code for ward in self.wards)

    @property
    def first_day(self) -> date:
        """The first day that counts: 1 April."""
        return date(self.year, 4, 1)

    def words_of(self, site: str) -> str:
        """A site as people call it."""
        return self.site_words[self.sites.index(site)] if self.site_words else site

    def offered(self, site: str | None = None, ward: str | None = None) -> float:
        """Mean beds in use if there were no end of beds, from arrivals and stays (a night is a day).

        >>> flow = Flow("A", "all", "emergency", 9.0, Stay("exponential", mean_days=1.0), "flat")
        >>> spec = BedsSpec(("A",), (Ward("all", "all"),), ((10,),), (flow,), (flat(),))
        >>> spec.offered()
        9.0
        """
        return math.fsum(
            flow.a_day * flow.stay.mean
            for flow in self.flows
            if site in (None, flow.site) and ward in (None, flow.ward)
        )

    def but(self, **changes: Any) -> BedsSpec:
        """The same with some things otherwise. UserError for a name that is not known, with the nearest that is."""
        known = [one.name for one in fields(self)]
        for name in changes:
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                hint = f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(known)}."
                raise UserError(f"{name!r} is not a parameter of a bed simulation. {hint} Nothing was run.")
        return replace(self, **changes)


def flat(name: str = "flat", *, even: bool = False) -> Profile:
    """A profile without hours, days or seasons."""
    return Profile(name, (1.0,) * 168, (1.0,) * MONTHS, even)


def _problems(spec: BedsSpec) -> list[str]:
    """What is wrong, in words."""
    found: list[str] = []
    codes = set(spec.ward_codes)
    if not spec.sites or not spec.wards or len(set(spec.sites)) < len(spec.sites) or len(codes) < len(spec.wards):
        return ["it needs sites and ward groups, each with a code of its own"]
    if len(spec.beds) != len(spec.sites) or any(len(row) != len(spec.wards) for row in spec.beds):
        found.append("beds need a number for each site and ward group")
    elif min(min(row) for row in spec.beds) < 0:
        found.append("a number of beds is below 0")
    profiles = {profile.name for profile in spec.profiles}
    for flow in spec.flows:
        if flow.site not in spec.sites or flow.ward not in codes or flow.profile not in profiles:
            found.append(f"{flow.kind} comes to {flow.site}, {flow.ward} by {flow.profile!r}: one is not known")
        if not flow.a_day >= 0:
            found.append(f"{flow.a_day} people a day come to {flow.site}, {flow.ward}")
    for ward in spec.wards:
        if set(ward.outlie_to) - codes or ward.code in ward.outlie_to:
            found.append(f"outliers of {ward.code} may lie in {', '.join(ward.outlie_to)}: not groups of this system")
    for change in spec.changes:
        if change.site not in spec.sites or change.ward not in codes or not set(change.months) <= set(range(1, 13)):
            found.append(f"beds change at {change.site}, {change.ward} in months {change.months}: one is not known")
    hours = (spec.transfer_hours, spec.cleaning_hours, spec.pooling_hours, *spec.same_day_hours)
    if min(hours) < 0 or spec.same_day_hours[0] > spec.same_day_hours[1]:
        found.append("a time is below 0, or the hours of a same-day stay are upside down")
    shares = (spec.weekend_share, *(pathway.share for pathway in spec.pathways))
    if min(shares) < 0 or max(shares) > 1 or sum(pathway.share for pathway in spec.pathways) > 1 + 1e-9:
        found.append("shares are between 0 and 1, and those of pathways add up to 1 at most")
    if any(pathway.mean_days < 0 for pathway in spec.pathways) or not 0 <= spec.delay_factor <= 10:
        found.append("a delay is below 0, or its factor is not between 0 and 10")
    if len(spec.discharge_hours) != 24 or not math.isclose(sum(spec.discharge_hours), 1.0, abs_tol=1e-6):
        found.append("the hours of leaving are 24 shares that add up to 1")
    if spec.pooling not in ("none", "after", "full") or not 0 <= spec.cancel_hour <= 24 or spec.rebook_days < 1:
        found.append("pooling is none, after or full; the hour of cancelling 0 to 24; days to book again 1 or more")
    if spec.pilot_runs < 1 or not 0 < spec.settled_within < 1:
        found.append("the warm-up needs a pilot run or more, and a share between 0 and 1 to settle within")
    if spec.days < 1:
        found.append("it runs for at least one day")
    return found
