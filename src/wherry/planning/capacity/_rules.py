"""What each figure of `capacity.toml` may be: its path, its sort, and between which numbers."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass
from typing import Any

from wherry.errors import UserError
from wherry.reference.activity import KINDS
from wherry.reference.diagnostic_tests import TESTS
from wherry.reference.treatment_functions import all_functions

#: Sections of the file beside the ward groups.
SECTIONS = ("beds", "season", "theatre", "clinic", "emergency", "scanner")

#: Figures that must be there.
NEEDED = (
    "beds.occupancy.default",
    "beds.none_free",
    "beds.daily_variation",
    "beds.season.occupancy",
    "beds.season.risk",
    "theatre.session_minutes",
    "theatre.weeks",
    "theatre.aim",
    "theatre.utilisation.default",
    "theatre.cases_per_session.default",
    "clinic.hours_a_week",
    "clinic.weeks",
    "clinic.utilisation",
    "emergency.utilisation",
    *(f"clinic.minutes.{code}" for code, kind in KINDS.items() if kind.family == "outpatient"),
    *(
        f"emergency.{part}.{code}"
        for part in ("minutes", "share_in_cubicle", "hours_a_day", "peak_factor")
        for code, kind in KINDS.items()
        if kind.family == "attendance"
    ),
)


@dataclass(frozen=True)
class Names:
    """What a path may name."""

    wards: tuple[str, ...]
    sites: tuple[str, ...]
    trusts: tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """A number from `least` to `most` (`above`: more than `least`), a text of `choices`, or `length` rates."""

    least: float = 0.0
    most: float = math.inf
    above: bool = False
    below: bool = False
    choices: tuple[str, ...] = ()
    length: int = 0

    def read(self, value: Any, where: str) -> float | str | tuple[float, ...]:
        """The value, checked. `UserError` says what it should be."""
        if self.choices:
            if value not in self.choices:
                raise UserError(f"{where} must be one of {', '.join(self.choices)}, not {value!r}.")
            return str(value)
        if self.length:
            if not isinstance(value, list | tuple) or len(value) != self.length:
                raise UserError(f"{where} must be a list of {self.length} rates over the mean, not {value!r}.")
            rates = tuple(self._number(one, where) for one in value)
            if not 0.98 <= sum(rates) / self.length <= 1.02:
                raise UserError(f"{where}: the rates' mean is {sum(rates) / self.length:.3f}; it must be 1.")
            return rates
        return self._number(value, where)

    def _number(self, value: Any, where: str) -> float:
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if (
            not is_number
            or value < self.least
            or value > self.most
            or (self.above and value == self.least)
            or (self.below and value == self.most)
        ):
            ends = f"{'above' if self.above else 'at least'} {self.least:g}"
            if self.most < math.inf:
                ends += f" and {'below' if self.below else 'at most'} {self.most:g}"
            raise UserError(f"{where} must be a number {ends}, not {value!r}.")
        return float(value)


_SHARE = Rule(0, 1, above=True)
_AMOUNT = Rule(0)
_POSITIVE = Rule(0, above=True)
_WEEKS = Rule(0, 53, above=True)
_WEEK_HOURS = Rule(0, 168, above=True)
_SEASON = Rule(choices=("year", "busiest_month"))
_MONTHS = Rule(0, length=12)
_WEEKDAYS = Rule(0, length=7)

_PATHS: dict[str, Rule] = {
    "beds.occupancy.<ward>": _SHARE,
    "beds.existing.<site>.<bed_ward>": _AMOUNT,
    "beds.none_free": Rule(0, 1, above=True, below=True),
    "beds.daily_variation": Rule(0, 1),
    "beds.season.occupancy": _SEASON,
    "beds.season.risk": _SEASON,
    "season.month.<kind>": _MONTHS,
    "season.weekday.<kind>": _WEEKDAYS,
    "theatre.session_minutes": _POSITIVE,
    "theatre.weeks": _WEEKS,
    "theatre.aim": _SHARE,
    "theatre.utilisation.<place>": _SHARE,
    "theatre.cases_per_session.<place>": _POSITIVE,
    "theatre.existing.<site>": _AMOUNT,
    "clinic.hours_a_week": _WEEK_HOURS,
    "clinic.weeks": _WEEKS,
    "clinic.utilisation": _SHARE,
    "clinic.minutes.<appointment>": _AMOUNT,
    "clinic.specialty.<function>.<appointment>": _AMOUNT,
    "clinic.existing.<site>": _AMOUNT,
    "emergency.utilisation": _SHARE,
    "emergency.minutes.<attendance>": _AMOUNT,
    "emergency.share_in_cubicle.<attendance>": _SHARE,
    "emergency.hours_a_day.<attendance>": Rule(0, 24, above=True),
    "emergency.peak_factor.<attendance>": Rule(1),
    "emergency.existing.<site>": _AMOUNT,
    "scanner.<test>.minutes": _AMOUNT,
    "scanner.<test>.hours_a_week": _WEEK_HOURS,
    "scanner.<test>.utilisation": _SHARE,
    "scanner.<test>.existing.<site>": _AMOUNT,
}


def rule_of(path: str, names: Names, where: str) -> Rule:
    """The rule of a path. `UserError` with the nearest path for one that nobody knows."""
    parts = path.split(".")
    for pattern, rule in _PATHS.items():
        steps = pattern.split(".")
        if len(steps) == len(parts) and all(
            part in _known(step, names) for step, part in zip(steps, parts, strict=True)
        ):
            return rule
    close = difflib.get_close_matches(path, _examples(parts, names), n=1)
    hint = f"Did you mean {close[0]!r}?" if close else f"Sections are {', '.join(SECTIONS)}."
    raise UserError(f"{where}: {path!r} is not a figure that is known. {hint} Nothing was read.")


def _known(step: str, names: Names) -> tuple[str, ...]:
    if not step.startswith("<"):
        return (step,)
    kinds = {family: tuple(code for code, kind in KINDS.items() if kind.family == family) for family in _FAMILIES}
    return {
        "<ward>": (*names.wards, "default"),
        "<bed_ward>": names.wards,
        "<site>": names.sites,
        "<place>": (*names.sites, *names.trusts, "default"),
        "<kind>": tuple(KINDS),
        "<appointment>": kinds["outpatient"],
        "<attendance>": kinds["attendance"],
        "<test>": tuple(TESTS),
        "<function>": tuple(all_functions()),
    }[step]


_FAMILIES = ("outpatient", "attendance")


def _examples(parts: list[str], names: Names) -> list[str]:
    """Every path whose free parts are those given where they are known, else each one that could stand there."""
    made: list[str] = []
    for pattern in _PATHS:
        held = [""]
        for place, step in enumerate(pattern.split(".")):
            known = _known(step, names)
            here = (parts[place],) if place < len(parts) and parts[place] in known else known
            if len(here) > 40:
                here = tuple(difflib.get_close_matches(parts[place], here, n=1)) if place < len(parts) else here[:1]
            held = [f"{begin}.{one}" if begin else one for begin in held for one in here]
        made += held
    return made
