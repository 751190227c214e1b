"""What a scenario says, in plain words: which activity, how much, when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wherry.planning.scenario.model import Interval, Phase, Where, year_words
from wherry.planning.scenario.parts import SEXES, what_codes
from wherry.planning.scenario.table import EVERY_AGE, OLDEST
from wherry.reference.activity import KINDS, MARKER_WORDS

#: A whole family of kinds in one word.
_FAMILIES = {
    "admitted": "all hospital admissions",
    "outpatient": "all outpatient appointments",
    "attendance": "attendances at emergency departments",
}
_SEX_WORDS = {code: word for word, code in SEXES.items()}
_FIFTHS = {1: "most deprived", 2: "second most deprived", 3: "middle", 4: "second least deprived", 5: "least deprived"}


def number(value: float) -> str:
    """A number with no more digits than it needs, three that count.

    >>> [number(value) for value in (8.100000000000001, 10.0, 0.25, 0.0, 12.345)]
    ['8.1', '10', '0.25', '0', '12.3']
    """
    return f"{round(value, 10):.3g}" if abs(value) < 100 else f"{value:.0f}"


def percent(interval: Interval, *, sign: float = 1.0, add: float = 0.0) -> str:
    """An interval of shares as a percentage, with its 80% range: `sign` turns it round, `add` shifts it before.

    >>> percent(Interval(0.071, 0.091))
    '8.1% (80% range 7.1 to 9.1%)'
    >>> percent(Interval(0.9, 0.8 + 0.1), sign=-1, add=-1.0)
    '10%'
    """
    low, high = sorted(100 * sign * (end + add) for end in (interval.low, interval.high))
    middle = number((low + high) / 2)
    if interval.certain:
        return f"{middle}%"
    return f"{middle}% (80% range {number(low)} to {number(high)}%)"


def more_or_less(interval: Interval) -> str:
    """A factor as more or less of something; one that may be either says so.

    >>> more_or_less(Interval(1.05, 1.15)), more_or_less(Interval(0.85, 0.95))
    ('10% more (80% range 5 to 15%)', '10% less (80% range 5 to 15%)')
    >>> more_or_less(Interval(0.9, 1.2)), more_or_less(Interval(1.0, 1.0))
    ('5% more (80% range -10 to 20%)', 'no change')
    """
    middle = (interval.low + interval.high) / 2 - 1
    if interval.certain and abs(middle) < 1e-12:
        return "no change"
    less = middle < 0
    said = percent(interval, sign=-1 if less else 1, add=-1.0)
    word = "less" if less else "more"
    return said.replace("%", f"% {word}", 1)


def about(where: Where, names: Mapping[str, str]) -> str:
    """The activity that an assumption is about; `names` are sites and trusts in words.

    >>> about(Where(kinds=("emergency",), sites=("RGP",), ages=(65, 200)), {"RGP": "James Paget"})
    'emergency admissions at James Paget of people 65 and over'
    """
    parts = [_kinds(where.kinds)]
    if where.whats:
        known = what_codes()
        parts.append(f"in {_and([known[code] for code in where.whats])}")
    if where.sites:
        parts.append(f"at {_and([names.get(code, code) for code in where.sites])}")
    parts += _people(where)
    if where.nights_at_least:
        nights = "a night" if where.nights_at_least == 1 else f"{where.nights_at_least} nights"
        parts.append(f"with {nights} or more")
    if where.markers:
        parts.append(f"marked: {', '.join(MARKER_WORDS[code] for code in where.markers)}")
    return " ".join(parts)


def _kinds(kinds: Sequence[str]) -> str:
    if not kinds:
        return "all activity"
    rest = list(kinds)
    said = []
    for family, words in _FAMILIES.items():
        members = [code for code, kind in KINDS.items() if kind.family == family]
        if all(code in rest for code in members):
            said.append(words)
            rest = [code for code in rest if code not in members]
    return _and([*said, *(KINDS[code].plural for code in rest)])


def _people(where: Where) -> list[str]:
    low, high = where.ages
    who = _and([_SEX_WORDS[code] for code in where.sexes]) if where.sexes else "people"
    parts = []
    if where.ages == EVERY_AGE:
        if where.sexes:
            parts.append(f"of {who}")
    elif high >= OLDEST:
        parts.append(f"of {who} {low} and over")
    elif low == 0:
        parts.append(f"of {who} under {high + 1}")
    else:
        parts.append(f"of {who} {low}" + (f" to {high}" if high > low else " years old"))
    if where.quintiles:
        fifths = _and([_FIFTHS[fifth] for fifth in where.quintiles])
        parts.append(f"from the {fifths} fifth{'s' if len(where.quintiles) > 1 else ''} of neighbourhoods")
    return parts


def when(phase: Phase) -> str:
    """When an assumption is in force.

    >>> when(Phase(2024, 2024)), when(Phase(2024, 2026))
    ('all of it from 2024/25', 'from 2024/25, all of it from 2026/27')
    >>> when(Phase(2024, 2025, ((2024, 0.3), (2025, 1.0))))
    '30% in 2024/25, then 100% from 2025/26'
    """
    if phase.steps:
        said = [f"{number(100 * share)}% in {year_words(year)}" for year, share in phase.steps[:-1]]
        year, share = phase.steps[-1]
        last = f"{number(100 * share)}% from {year_words(year)}"
        return ", ".join([*said, f"then {last}" if said else last])
    if phase.full == phase.start:
        return f"all of it from {year_words(phase.start)}"
    return f"from {year_words(phase.start)}, all of it from {year_words(phase.full)}"


def span(first: int, last: int) -> str:
    """Years from first to last.

    >>> span(2024, 2028), span(2024, 2024)
    ('from 2024/25 to 2028/29', 'in 2024/25')
    """
    return f"from {year_words(first)} to {year_words(last)}" if last > first else f"in {year_words(first)}"


def _and(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
