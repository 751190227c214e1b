"""What was found, in plain sentences: the first thing a page says, before any chart."""

from __future__ import annotations

from collections.abc import Sequence

from wherry.performance.evaluation import periods as time
from wherry.performance.evaluation.outcome import Outcome
from wherry.performance.evaluation.verdict import Kind

#: Units after a figure; a share's change is in points.
_UNITS = {
    "percent": " percentage points",
    "per_1000": " per 1,000",
    "per_100000": " per 100,000",
    "number": "",
    "days": " days",
    "hours": " hours",
    "minutes": " minutes",
    "pence": " pence",
    "ratio": "",
}
_LEVEL = {**_UNITS, "percent": "%"}


def amount(value: float | None, unit: str) -> str:
    """A change without its sign.

    >>> amount(-2.345, "percent"), amount(1234.5, "number"), amount(None, "days")
    ('2.3 percentage points', '1,234', 'not known')
    """
    return "not known" if value is None else f"{figure(abs(value))}{_UNITS.get(unit, '')}"


def level(value: float | None, unit: str) -> str:
    """A figure of a measure.

    >>> level(76.04, "percent"), level(3.2, "days")
    ('76.0%', '3.2 days')
    """
    return "not known" if value is None else f"{figure(value)}{_LEVEL.get(unit, '')}"


def figure(value: float) -> str:
    """Digits as a reader wants them: none after the point for large numbers, more for small ones.

    >>> [figure(x) for x in (0, 1234.5, 76.04, -0.0312, 2)]
    ['0', '1,234', '76.0', '-0.031', '2.0']
    """
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 1 else f"{value:.2g}"


def signed(value: float | None, unit: str) -> str:
    """A change with its sign.

    >>> signed(2.0, "percent"), signed(-0.5, "days"), signed(0.0, "days")
    ('+2.0 percentage points', '−0.5 days', '0 days')
    """
    if value is None:
        return "not known"
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{amount(value, unit)}"


def interval(found: Outcome) -> str:
    """The 95% interval in words."""
    if found.lower is None or found.upper is None:
        return "no interval can be given" if found.can_be_shown else "no interval can be given with so few comparators"
    return f"95% interval {between(found.lower, found.upper, found.unit)}"


def between(lower: float | None, upper: float | None, unit: str) -> str:
    """Two ends of a change, the unit once.

    >>> between(-1.0, 2.5, "percent"), between(None, 2.0, "days")
    ('−1.0 to +2.5 percentage points', 'not known')
    """
    if lower is None or upper is None:
        return "not known"
    return f"{signed(lower, 'number')} to {signed(upper, unit)}"


def chance(p: float | None) -> str:
    """A p as people write it.

    >>> chance(0.0004), chance(0.0333), chance(None)
    ('under 0.001', '0.033', 'not known')
    """
    return "not known" if p is None else "under 0.001" if p < 0.001 else f"{p:.3f}"


def listed(names: Sequence[str]) -> str:
    """Names as a sentence has them.

    >>> listed(["A"]), listed(["A", "B", "C"])
    ('A', 'A, B and C')
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "nobody"


def sentence(found: Outcome, measure: str, who: str) -> str:
    """One plain sentence about one evaluation, to stand after its verdict."""
    begin = f"{measure} at {who}"
    if found.problem or found.effect is None:
        return f"{begin}: {found.problem}"
    against = "the comparators suggest" if found.comparators else "its own past suggests"
    span = f"over the {found.after} {time.PLURAL[found.grain]} since the start"
    if found.effect == 0:
        return f"{begin} was as {against}, {span} ({interval(found)})."
    way = "higher" if found.effect > 0 else "lower"
    return f"{begin} was {amount(found.effect, found.unit)} {way} than {against}, {span} ({interval(found)})."


def gross_and_net(found: Outcome) -> str:
    """What a claim of before and after would say, beside what is left against the comparators."""
    if found.gross is None or found.effect is None:
        return ""
    return (
        f"Gross, before and after alone: {signed(found.gross, found.unit)}. Net, against "
        f"{'the comparators' if found.comparators else 'its own past'}: {signed(found.effect, found.unit)}."
    )


#: What could still explain an effect, by method: assumptions that no figure can prove.
ASSUMPTIONS = {
    "its": (
        "Without it, the line before the start would have gone on (against the comparators, where there are any).",
        "Nothing else began at the same time, and nobody changed how it is counted.",
        "It began on one day. What came in slowly looks like a change of slope.",
    ),
    "did": (
        "Without it, those evaluated would have changed as the comparators did. Moving alike before makes that more "
        "likely and does not prove it.",
        "What was done did not touch the comparators.",
        "Nothing else began at the same time here and not there.",
    ),
    "synthetic_control": (
        "The mix that followed those evaluated before would have gone on following them.",
        "What was done did not touch the donors, and nothing else happened to those with weight.",
        "With many donors and few points before, a mix can fit by luck: a false start and leaving donors out show it.",
    ),
}
#: What every evaluation may still be fooled by.
ALWAYS = (
    "Trusts that are chosen because they do badly get better by themselves (regression to the mean).",
    "One result in twenty without any effect passes at this level: of twenty things tried, expect one that only seems "
    "to have worked or to have done harm.",
)
#: A heading for lists, in the order in which they are counted; equal places for good and bad.
ORDER = (Kind.REALISED, Kind.NOT_SHOWN, Kind.NEGATIVE, Kind.AFTERWARDS, Kind.CANNOT_BE_JUDGED)
