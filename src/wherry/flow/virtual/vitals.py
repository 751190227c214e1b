"""What virtual wards measure: kinds with their codes, units and possible values, and how a value as it came is taken.

A value in an unknown unit, or one that a living adult cannot have, is kept apart with its reason. It is never used.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from wherry.flow.virtual.rules import Vital, rules

_LEVELS = {
    "a": "A", "alert": "A", "la6560-2": "A",
    "c": "C", "confused": "C", "new confusion": "C", "confusion": "C", "la6561-0": "C",
    "v": "V", "voice": "V", "responds to voice": "V",
    "p": "P", "pain": "P", "responds to pain": "P",
    "u": "U", "unresponsive": "U",
}  # fmt: skip
_OXYGEN = {"air": "air", "room air": "air", "no": "air", "n": "air", "oxygen": "oxygen", "yes": "oxygen", "y": "oxygen"}
#: Inhaled oxygen in percent up to which it is air.
AIR_PERCENT = 21.0


@dataclass(frozen=True)
class Measured:
    """A value that may be used, in its kind's own unit: a number, or an answer (`air`, `A`)."""

    kind: str
    value: float | None = None
    answer: str = ""

    @property
    def shown(self) -> str:
        """The value as it is written, without its unit.

        >>> Measured("temperature", 37.0).shown, Measured("pulse", 80.0).shown, Measured("oxygen", answer="air").shown
        ('37.0', '80', 'air')
        """
        if self.value is None:
            return self.answer
        return f"{self.value:.{rules().vitals[self.kind].decimals}f}"

    @property
    def scored(self) -> float | str:
        """The value as the early-warning score takes it."""
        return self.answer if self.value is None else self.value


@dataclass(frozen=True)
class Apart:
    """A value that may not be used, and why."""

    reason: str


def kind_of(code: str, system: str = "") -> str | None:
    """The kind that a LOINC or local code stands for.

    >>> kind_of("59408-5"), kind_of("SpO2"), kind_of("99999-9")
    ('oxygen_saturation', 'oxygen_saturation', None)
    """
    wanted = code.strip().upper()
    for vital in rules().vitals.values():
        codes = vital.loinc if "loinc" in system.casefold() or system == "LN" else (*vital.loinc, *vital.local)
        if wanted in {known.upper() for known in (*codes, vital.kind)}:
            return vital.kind
    return None


def take(kind: str, value: str | float | None, unit: str, code: str = "") -> Measured | Apart:
    """A value as it came, as one that may be used, or why it may not.

    >>> take("temperature", "98.6", "[degF]").shown
    '37.0'
    >>> take("oxygen_saturation", 0.97, "1").reason
    'Oxygen saturation came in "1", which is not known here: it may come in %'
    >>> take("pulse", 700, "/min").reason
    'Pulse a minute of 700 /min cannot be: it may be 20 to 250 /min'
    >>> take("oxygen", "2", "L/min").answer, take("oxygen", "21", "%").answer, take("consciousness", "Alert", "").answer
    ('oxygen', 'air', 'A')
    """
    vital = rules().vitals.get(kind)
    if vital is None:
        return Apart(f"{kind[:60]!r} is not measured here")
    text = "" if value is None else str(value).strip()
    if not text:
        return Apart(f"{vital.words} came without a value")
    if vital.answers:
        answer = (_OXYGEN if kind == "oxygen" else _LEVELS).get(text.casefold(), "")
        if answer in vital.answers:
            return Measured(kind, answer=answer)
        if kind != "oxygen":
            return Apart(f"{vital.words} of {text[:40]!r} is none of {', '.join(vital.answers)}")
    number = _number(text)
    if number is None:
        return Apart(f"{vital.words} of {text[:40]!r} is no number")
    return _in_unit(vital, number, unit.strip())


def _in_unit(vital: Vital, number: float, unit: str) -> Measured | Apart:
    if unit not in vital.units:
        said = f'in "{unit[:20]}", which is not known here' if unit else "without a unit"
        return Apart(f"{vital.words} came {said}: it may come in {' or '.join(_units(vital))}")
    factor, added = vital.units[unit]
    if vital.kind == "oxygen":
        if not 0 <= number <= 100:
            return Apart(f"Oxygen of {number:g} {unit} cannot be")
        return Measured("oxygen", answer="oxygen" if number > (AIR_PERCENT if unit == "%" else 0) else "air")
    low, high = vital.range
    if abs(number) > 1e6:  # whatever the unit: beyond what can be rounded
        return Apart(f"{vital.words} of {number:g} {unit} cannot be: it may be {low:g} to {high:g} {vital.unit}")
    exact = Decimal(str(number)) * Decimal(str(factor)) + Decimal(str(added))
    found = float(exact.quantize(Decimal(1).scaleb(-vital.decimals), ROUND_HALF_UP))
    if not low <= found <= high:
        shown = f"{found:g}" if found == number else f"{number:g} {unit} ({found:g} {vital.unit})"
        return Apart(f"{vital.words} of {shown} {vital.unit} cannot be: it may be {low:g} to {high:g} {vital.unit}")
    return Measured(vital.kind, found)


def _units(vital: Vital) -> list[str]:
    return list(vital.units)[:4]


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def words(kind: str, value: float | None, answer: str) -> str:
    """A value with its unit.

    >>> words("temperature", 37.0, ""), words("oxygen", None, "air"), words("consciousness", None, "C")
    ('37.0 °C', 'air', 'C (new confusion)')
    """
    if value is None:
        return f"{answer} ({ACVPU[answer]})" if answer in ACVPU else answer
    vital = rules().vitals[kind]
    space = "" if vital.unit == "%" else " "
    return f"{Measured(kind, value).shown}{space}{vital.unit}"


ACVPU: Mapping[str, str] = {
    "A": "alert",
    "C": "new confusion",
    "V": "responds to voice",
    "P": "responds to pain",
    "U": "unresponsive",
}
