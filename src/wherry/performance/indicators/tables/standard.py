"""Directly and indirectly standardised rates of a table: bands in rows, a figure a group.

Where the table has no standard population, its age bands are matched with the European Standard Population 2013. A
group that lacks a band which lies between its others has no figure: it would be standardised to something else.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wherry.errors import UserError

from .. import indirect, standardised
from ..bands import Band, band, ladder, standard_people, words
from ..groups import numbered, numbered_pairs, sums
from ..results import Estimates, Floats
from .reading import Table
from .shapes import Groups, Options, Row, answer, first_there, grouped, needs


def dsr(table: Table, options: Options) -> list[Row]:
    """Directly standardised rates, withheld under 10 events."""
    needs(table, "dsr", "count", "population", ("standard_population", "age_band"))
    groups = grouped(table, options.group_by)
    count = _counts(table, options)
    standard, named = _standard(table)
    found = standardised.dsr_by(
        groups.codes, len(groups), count, table.numbers("population"), standard,
        confidence=options.levels(), multiplier=options.times(100_000.0),
    )  # fmt: skip
    return _answers(groups, _without_holes(found, table, groups), named)


def dsr_not_independent(table: Table, options: Options) -> list[Row]:
    """Directly standardised rates of events of which one person can have several.

    A row a band and frequency: `count` people had `event_frequency` events each.
    """
    method = "dsr-not-independent"
    needs(table, method, "count", "event_frequency", "population", "age_band", ("standard_population", "age_band"))
    groups = grouped(table, options.group_by)
    frequency = table.numbers("event_frequency")
    standard, named = _standard(table)
    labels, _ = numbered(table.texts("age_band"))
    pairs, _ = numbered_pairs(groups.codes, labels)
    found = standardised.dsr_not_independent_by(
        groups.codes, len(groups), pairs, _counts(table, options), frequency, table.numbers("population"), standard,
        confidence=options.levels(), multiplier=options.times(100_000.0),
    )  # fmt: skip
    return _answers(groups, _without_holes(found, table, groups), named)


def isr(table: Table, options: Options) -> list[Row]:
    """Indirectly standardised rates: the ratio times the reference's crude rate."""
    return _indirect(table, options, as_rate=True)


def smr(table: Table, options: Options) -> list[Row]:
    """Indirectly standardised (mortality) ratios: observed over expected."""
    return _indirect(table, options, as_rate=False)


def _indirect(table: Table, options: Options, *, as_rate: bool) -> list[Row]:
    method = "isr" if as_rate else "smr"
    groups = grouped(table, options.group_by)
    if not as_rate and table.has("expected") and not table.has("reference_count"):
        needs(table, method, "count", "expected")
        expected = sums(table.numbers("expected"), groups.codes, len(groups))
        many = np.arange(len(groups))
        found = indirect.indirect_by(
            many, len(groups), _observed(table, groups, options), expected, np.ones(len(groups)),
            np.ones(len(groups)), confidence=options.levels(), multiplier=options.times(1.0),
        )  # fmt: skip
        return _answers(groups, found, "")
    needs(table, method, ("count", "total"), "population", "reference_count", "reference_population")
    found = indirect.indirect_by(
        groups.codes, len(groups), _observed(table, groups, options), table.numbers("population"),
        table.numbers("reference_count"), table.numbers("reference_population"),
        confidence=options.levels(), multiplier=options.times(100_000.0 if as_rate else 1.0), as_rate=as_rate,
    )  # fmt: skip
    return _answers(groups, _without_holes(found, table, groups), "")


def _counts(table: Table, options: Options) -> Floats:
    count = table.numbers("count")
    return np.where(np.isnan(count), 0.0, count) if options.blank_is_zero else count


def _observed(table: Table, groups: Groups, options: Options) -> Floats:
    """Observed events a group: the sum of its bands' counts, or the total that its rows repeat."""
    column = first_there(table, "count", "total")
    if column == "count":
        count = _counts(table, options)
        if not table.has("total") or not np.isnan(count).all():
            return sums(count, groups.codes, len(groups))
    total = table.numbers("total")
    found = np.full(len(groups), np.nan)
    for at, (group, value) in enumerate(zip(groups.codes.tolist(), total.tolist(), strict=True)):
        if np.isnan(value):
            continue
        if not np.isnan(found[group]) and found[group] != value:
            raise table.bad(
                "total", at, f"is another total of {groups.words(group)} than {found[group]:,.10g} in an earlier row"
            )
        found[group] = value
    return found


def _standard(table: Table) -> tuple[Floats, str]:
    """The standard population a row, and its name where it is the built-in one."""
    if table.has("standard_population"):
        return table.numbers("standard_population"), ""
    bands = _bands(table)
    try:
        people = {one: float(standard_people(one)) for one in set(bands)}
    except UserError as error:
        raise UserError(f"{table.name}: {error}") from None
    return np.array([people[one] for one in bands]), "European Standard Population 2013"


def _bands(table: Table) -> list[Band]:
    """Each row's ages. Raises UserError where one cannot be read."""
    found = []
    for at, text in enumerate(table.texts("age_band")):
        try:
            found.append(band(text))
        except ValueError:
            raise table.bad("age_band", at, "is not an age band; write 0-4, 5-9, 90+") from None
    return ladder(found)


def _without_holes(found: Estimates, table: Table, groups: Groups) -> Estimates:
    """Figures without those of groups that lack a band between their others which other groups have."""
    try:
        bands = _bands(table)
    except UserError:  # no bands, or of another kind (sex and age): nothing is known about their order
        return found
    known = sorted(set(bands))
    has: list[set[Band]] = [set() for _ in range(len(groups))]
    for group, one in zip(groups.codes.tolist(), bands, strict=True):
        has[group].add(one)
    notes = list(found.note)
    bad = np.zeros(len(groups), dtype=bool)
    for at, own in enumerate(has):
        holes = [one for one in known if min(own) < one < max(own) and one not in own and not _covered(one, own)]
        holes += _gaps(own) if not holes else []
        if holes:
            bad[at] = True
            notes[at] = f"Withheld: no row for age {', '.join(words(one) for one in holes)}."
    if not bad.any():
        return found
    return replace(
        found,
        value=np.where(bad, np.nan, found.value),
        lowers=np.where(bad, np.nan, found.lowers),
        uppers=np.where(bad, np.nan, found.uppers),
        note=tuple(notes),
    )


def _covered(one: Band, own: set[Band]) -> bool:
    """Whether a band's ages are in other bands of the group (85-89 and 90+ beside 85+)."""
    last = 999 if one[1] is None else one[1]
    return any(first <= last and (end is None or end >= one[0]) for first, end in own)


def _gaps(own: set[Band]) -> list[Band]:
    """Ages between a group's bands that no band has."""
    ordered = sorted(own, key=lambda one: one[0])
    found: list[Band] = []
    reach = ordered[0][1]
    for first, last in ordered[1:]:
        if reach is not None and first > reach + 1:
            found.append((reach + 1, first - 1))
        reach = None if reach is None or last is None else max(reach, last)
    return found


def _answers(groups: Groups, found: Estimates, standard: str) -> list[Row]:
    rows = [answer(groups.row(at), one) for at, one in enumerate(found)]
    if standard:
        for one in rows:
            one["standard"] = standard
    return rows
