"""The department's numbers for the page: each measure by site and for the group, what it should be, and its list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse

from wherry.flow.emergency import clocks, department, handovers
from wherry.flow.emergency.clocks import Tally, Window
from wherry.flow.emergency.department import Here, Left, Measure
from wherry.flow.emergency.handovers import Handovers
from wherry.flow.emergency.limits import Limits
from wherry.flow.emergency.windows import day_of, last_hours, since_midnight
from wherry.reference import standards
from wherry.reference.standards import Standard
from wherry.web.components.formats import count
from wherry.web.emergency.places import Place
from wherry.web.emergency.position import Position

GROUP = ""
WINDOWS = {"today": "since midnight", "24h": "in the last 24 hours"}


@dataclass(frozen=True)
class Cell:
    """One number somewhere. `value` None is not known and `text` says so; `outside` None where there is no limit."""

    value: float | None
    text: str
    beside: str
    outside: bool | None
    href: str


@dataclass(frozen=True)
class Row:
    """One measure: a cell by site, and the group's under `GROUP`. `missing` is a sentence, or empty."""

    code: str
    words: str
    should: str
    definition: str
    cells: Mapping[str, Cell]
    missing: str


def people_href(site: str, show: str) -> str:
    """The list behind a number of people."""
    query = [("site", site)] if site else []
    return reverse("emergency:people") + "?" + urlencode([*query, ("show", show)])


def ambulances_href(site: str) -> str:
    """The list of ambulances."""
    return reverse("emergency:ambulances") + (f"?{urlencode({'site': site})}" if site else "")


def window_of(position: Position, name: str) -> Window:
    """A window by its name in `WINDOWS`."""
    return last_hours(position.now) if name == "24h" else since_midnight(position.now)


def minutes(value: float | None, missing: str = "not known") -> str:
    """Minutes as people say them.

    >>> minutes(14.6), minutes(204), minutes(None), minutes(0.2)
    ('15 min', '3 h 24 min', 'not known', '0 min')
    """
    if value is None:
        return missing
    whole = round(value)
    return f"{whole} min" if whole < 120 else f"{whole // 60} h {whole % 60:02d} min"


def precise(value: float | None, missing: str = "nobody yet") -> str:
    """Minutes with a decimal, for times that are held against a line.

    >>> precise(15.43), precise(204), precise(None)
    ('15.4 min', '3 h 24 min', 'nobody yet')
    """
    if value is None:
        return missing
    return f"{value:.1f} min" if value < 119.95 else minutes(value)


def hours(value: float | None, missing: str = "nobody") -> str:
    """Hours as hours and minutes.

    >>> hours(3.5), hours(None)
    ('3 h 30 min', 'nobody')
    """
    return missing if value is None else minutes(value * 60)


def line(measure: Measure, on: date) -> Standard | None:
    """What is asked of a measure on a day: the year's target, else the standing standard."""
    for code in (measure.target, measure.standard):
        found = standards.in_force(code, on) if code else None
        if found is not None:
            return found
    return None


def should(found: Standard | None) -> str:
    """A line in a few words: `at least 78% by 31 March 2026`."""
    if found is None:
        return ""
    amount = f"{found.value:g}%" if found.unit == "percent" else f"{found.value:g} {found.unit}"
    by = f" by {found.reach_by.day} {found.reach_by:%B %Y}" if found.reach_by else ""
    return f"{found.better.replace('_', ' ')} {amount}{by}"


#: Measures that are said as a share beyond the limit, and those of which the median is held against the limit.
_OVER = ("twelve_hours", "twelve_from_decision")
BY_MEDIAN = ("assessment", "treatment", "decision_to_bed")


def period_rows(position: Position, sites: Sequence[Place], window: Window, ed_type: str = "") -> list[Row]:
    """The department's measures over a window, for all types together or one of them."""
    people = {
        place.site: [one for one in position.attended(place.site) if not ed_type or one.ed_type == ed_type]
        for place in sites
    }
    rows = []
    for measure in department.MEASURES:
        tallies = {
            site: department.measured(measure, mine, position.limits, window, position.now)
            for site, mine in people.items()
        }
        tallies[GROUP] = clocks.together(tallies.values())
        rows.append(_measure_row(measure, tallies, day_of(position.now), position.limits))
    left = {site: department.left_before_seen(mine, window) for site, mine in people.items()}
    rows.append(_left_row(left))
    return rows


def _measure_row(measure: Measure, tallies: Mapping[str, Tally], on: date, limits: Limits) -> Row:
    asked = line(measure, on)
    limit = measure.limit(limits).total_seconds() / 60
    words = should(asked)
    if measure.code == "twelve_from_decision":
        words = "none"
    elif measure.code in BY_MEDIAN:
        words = f"half of them within {limit:g} minutes"
    cells = {
        site: Cell(
            value := tally.percent_over if measure.code in _OVER else tally.percent_within,
            percent_text(value),
            _beside(measure, tally),
            _outside(measure, tally, asked, limit),
            people_href(site, measure.code),
        )
        for site, tally in tallies.items()
    }
    whole = tallies[GROUP]
    missing = f"{count(whole.missing)} of {count(whole.of + whole.missing)} {measure.missing}" if whole.missing else ""
    return Row(measure.code, measure.words, words, measure.definition, cells, missing)


def percent_text(value: float | None) -> str:
    """A share for a cell; without anybody to be a share of, so said."""
    return "nobody yet" if value is None else f"{value:.1f}%"


def _beside(measure: Measure, tally: Tally) -> str:
    parts = []
    if tally.of:
        number = tally.over if measure.code in _OVER else tally.within
        parts.append(f"{count(number)} of {count(tally.of)}")
    if measure.code in BY_MEDIAN and tally.median is not None:
        parts.append(f"median {minutes(tally.median)}")
    return "\n".join(parts)


def _outside(measure: Measure, tally: Tally, asked: Standard | None, limit: float) -> bool | None:
    if measure.code == "twelve_from_decision":
        return tally.over > 0 if tally.of else None
    if measure.code in BY_MEDIAN:
        return None if tally.median is None else tally.median > limit
    value = tally.percent_over if measure.code in _OVER else tally.percent_within
    return None if asked is None or value is None else not asked.met(value)


def _left_row(left: Mapping[str, Left]) -> Row:
    whole = Left(0, 0, 0)
    for one in left.values():
        whole = whole + one
    cells = {
        site: Cell(
            one.percent,
            "nobody left" if one.percent is None else f"{one.percent:.1f}%",
            f"{count(one.before_seen)} of {count(one.left)}" if one.left else "",
            None,
            people_href(site, "left_before_seen"),
        )
        for site, one in {**left, GROUP: whole}.items()
    }
    missing = (
        f"{count(whole.untold)} of {count(whole.left)} left with neither a treatment nor a reason"
        if whole.untold
        else ""
    )
    definition = (
        "Left before treatment began, as the disposition says, or went by their own choice while none had begun. Of "
        "everybody whose stay in the department ended."
    )
    return Row("left_before_seen", "Left before being seen", "", definition, cells, missing)


@dataclass(frozen=True)
class Now:
    """One site, or the group, at this moment."""

    site: str
    name: str
    here: Here
    handed: Handovers
    places: int

    @property
    def occupied(self) -> int:
        """People in majors and resuscitation."""
        return sum(self.here.by_area.get(area, 0) for area in ("MAJORS", "RESUS"))

    @property
    def longest_outside(self) -> float | None:
        """Minutes of the ambulance that has waited longest."""
        return max(self.handed.waiting, default=None)

    def outside_over(self, limit: float) -> int:
        """Ambulances that have waited longer than so many minutes."""
        return sum(waited > limit for waited in self.handed.waiting)


def now_of(position: Position, place: Place, window: Window) -> Now:
    """One site now, with its handovers of a window."""
    limits, now = position.limits, position.now
    here = department.in_department(position.attended(place.site), place.areas, limits, now)
    handed = handovers.measured(position.handed(place.site), limits, window, now)
    return Now(place.site, place.name, here, handed, place.majors_and_resus)


def together(position: Position, parts: Sequence[Now]) -> Now:
    """Sites as one: counts are sums, the longest is the longest of any."""
    stages = {stage: sum(part.here.by_stage[stage] for part in parts) for stage in department.STAGES}
    longest = [part.here.longest_hours for part in parts if part.here.longest_hours is not None]
    areas: dict[str, int] = {}
    for part in parts:
        for area, number in part.here.by_area.items():
            areas[area] = areas.get(area, 0) + number
    add: Callable[[str], int] = lambda name: sum(getattr(part.here, name) for part in parts)  # noqa: E731
    here = Here(
        add("total"), stages, add("over_four"), add("over_twelve"), max(longest, default=None), add("referred"), areas,
        add("unplaced"), add("beyond"), add("corridor"),
    )  # fmt: skip
    handed = handovers.together((part.handed for part in parts), position.limits)
    return Now(GROUP, "Together", here, handed, sum(part.places for part in parts))


def outside_of(rows: Sequence[Row], site: str) -> list[Row]:
    """Measures that are outside their limit at a site."""
    return [row for row in rows if site in row.cells and row.cells[site].outside]
