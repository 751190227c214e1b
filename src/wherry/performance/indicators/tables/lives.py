"""Life expectancy of a table, and the gap between two populations by age and cause: bands in rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wherry.errors import UserError

from ..arriaga import Causes, arriaga
from ..bands import band
from ..groups import Codes, members
from ..life import STARTS, life_expectancies
from ..results import Estimate, Flags, Floats, Limits
from .reading import Table, tidy
from .shapes import Groups, Options, Row, answer, confidence_cell, first_there, grouped, needs, with_limits

#: How a row says that it has the deaths of all causes together.
_ALL = frozenset({"all", "all causes", "all cause", "all-cause", "total", "all deaths"})
REST = "Other causes"


def life_expectancy(table: Table, options: Options) -> list[Row]:
    """Life expectancy at the beginning of each of 20 bands, or at the ages asked for."""
    needs(table, "life-expectancy", ("start_age", "age_band"), ("deaths", "count"), "population")
    groups = grouped(table, options.group_by)
    places = _places(table)
    deaths, twice = _by_band(table.numbers(first_there(table, "deaths", "count")), groups, places)
    people, _ = _by_band(table.numbers("population"), groups, places)
    wanted = _wanted(options)
    rows_of = members(groups.codes, len(groups))
    found: list[Row] = []
    for at, figures in enumerate(life_expectancies(deaths, people, confidence=options.levels())):
        lacking = _lacking(places[rows_of[at]])
        for one in wanted:
            figure = figures[one]
            if lacking:
                blank = tuple(Limits(level, None, None) for level in options.levels())
                figure = Estimate(None, blank, lacking, figure.statistic, figure.method,
                                  {"start_age": float(STARTS[one])})  # fmt: skip
            row = answer(groups.row(at), figure)
            if twice[at] and not row["note"]:
                row["note"] = "Rows of one band were added up."
            found.append(row)
    return found


def gap(table: Table, options: Options) -> list[Row]:
    """Contributions of ages (and causes) to the gap in life expectancy between a population and its reference."""
    method = "arriaga"
    alone = not options.compare and not table.has("reference_count") and len(options.group_by) == 1
    if alone and len(grouped(table, options.group_by)) == 2:  # nothing else says whom to compare with whom
        options = replace(options, compare=options.group_by[0], group_by=())
    if options.compare:
        needs(table, method, ("start_age", "age_band"), ("deaths", "count"), "population")
    else:
        needs(table, method, ("start_age", "age_band"), ("deaths", "count"), "population", "reference_count",
              "reference_population")  # fmt: skip
    groups = grouped(table, options.group_by)
    sides = _sides(table, options)
    own = _Columns(
        table,
        table.numbers(first_there(table, "deaths", "count")),
        table.numbers("population"),
        _places(table),
        table.texts("cause") if table.has("cause") else [""] * len(table),
    )
    other = (
        own
        if sides is not None
        else replace(own, deaths=table.numbers("reference_count"), people=table.numbers("reference_population"))
    )
    found: list[Row] = []
    for at, mine in enumerate(members(groups.codes, len(groups))):
        one, two = (mine, mine) if sides is None else (mine[sides[mine] == 0], mine[sides[mine] == 1])
        found += _one_gap(options, groups.row(at), _side(own, one), _side(other, two))
    return found


@dataclass(frozen=True)
class _Columns:
    """Deaths and people of one side, a row a band (and cause)."""

    table: Table
    deaths: Floats
    people: Floats
    places: Codes
    causes: list[str]


#: Deaths and people by band of one side, and its deaths by cause.
_Side = tuple[Floats, Floats, dict[str, Floats]]


def _one_gap(options: Options, first: Row, one: _Side, two: _Side) -> list[Row]:
    (d1, n1, by1), (d2, n2, by2) = one, two
    lacking = [f"no row for age {start}" for start, a, b in zip(STARTS, n1, n2, strict=True) if np.isnan(a + b)]
    pairs: Causes = {name: (by1[name], by2.get(name, np.zeros(len(STARTS)))) for name in by1}
    pairs = {**pairs, **{name: (np.zeros(len(STARTS)), by2[name]) for name in by2 if name not in by1}}
    result = arriaga(d1, n1, d2, n2, causes=pairs, symmetric=options.symmetric, confidence=options.levels())
    note = f"Withheld: {lacking[0]}." if lacking else result.note
    shared: Row = {
        "gap": result.gap,
        **with_limits(result.limits, "gap_"),
        "life_expectancy": result.life_expectancy,
        "reference_life_expectancy": result.reference_life_expectancy,
        "confidence": confidence_cell(options.levels()),
        "statistic": "years of the gap in life expectancy",
        "method": result.method,
        "note": note,
    }
    if note:
        nothing: Row = {"start_age": None, "value": None, "lower": None, "upper": None}
        return [{**first, **nothing, **shared, "gap": None}]
    found: list[Row] = []
    for place in _wanted(options):
        start: Row = {**first, "start_age": STARTS[place]}
        limits: Row = {"lower": None, "upper": None}
        if result.by_cause:
            for name, years in result.by_cause.items():
                found.append({**start, "cause": name, "value": float(years[place]), **limits, **shared})
        else:
            parts: Row = {"direct": float(result.direct[place]), "indirect": float(result.indirect[place])}
            found.append({**start, "value": float(result.contribution[place]), **limits, **parts, **shared})
    return found


def _side(of: _Columns, rows: Codes) -> _Side:
    """One side of the gap from some rows. A band's people are in each of its causes' rows, and the same."""
    size = len(STARTS)
    by_cause: dict[str, Floats] = {}
    population = np.full(size, np.nan)
    for at in rows.tolist():
        name, place = of.causes[at], int(of.places[at])
        by_cause.setdefault(name, np.zeros(size))[place] += of.deaths[at]
        if np.isnan(of.people[at]):
            continue
        if name and not np.isnan(population[place]):
            if population[place] != of.people[at]:
                raise of.table.bad("population", at, f"is not the {population[place]:,.10g} of the band's other causes")
        else:
            population[place] = of.people[at] + (0.0 if np.isnan(population[place]) else population[place])
    every = {name for name in by_cause if name.lower() in _ALL}
    parts = {name: one for name, one in by_cause.items() if name and name not in every}
    added = np.sum(list(parts.values()), axis=0) if parts else np.zeros(size)
    whole = np.sum([by_cause[name] for name in every], axis=0) if every else added if parts else by_cause.get("", added)
    rest = whole - added
    if parts and (np.abs(rest) > 1e-9).any():
        if (rest < -1e-9).any():
            raise UserError(f"{of.table.name}: causes add up to more deaths than all causes together in a band.")
        parts[REST] = rest
    return whole, population, parts


def _sides(table: Table, options: Options) -> Floats | None:
    """Of which side each row is (0 the population, 1 the reference, 2 neither) by `--compare COLUMN=ONE,OTHER`."""
    if not options.compare:
        return None
    column, _, named = options.compare.partition("=")
    if not any(tidy(name) == tidy(column) for name in table.header):
        raise UserError(f"{table.name} has no column {column} to compare by. It has {', '.join(table.header)}.")
    texts = table.texts(column)
    two = [one.strip() for one in named.split(",")] if named else list(dict.fromkeys(texts))
    if len(two) != 2 or any(one not in texts for one in two):
        raise UserError(
            f"Two values of {column} are compared, the population and its reference; {table.name} has "
            f"{', '.join(dict.fromkeys(texts))}. Name them: --compare '{column}=FIRST,REFERENCE'."
        )
    return np.array([two.index(text) if text in two else 2 for text in texts], dtype=np.float64)


def _places(table: Table) -> Codes:
    """Which of the 20 bands each row is of. Raises UserError where a row's ages are in none of them."""
    column = first_there(table, "start_age", "age_band")
    found = np.empty(len(table), dtype=np.int64)
    for at, text in enumerate(table.texts(column)):
        try:
            ages = band(text)
        except ValueError:
            raise table.bad(column, at, "is not an age or an age band") from None
        first = ages if isinstance(ages, int) else ages[0]
        place = max(k for k, start in enumerate(STARTS) if start <= first)
        last = None if isinstance(ages, int) else ages[1]
        over = not isinstance(ages, int) and last is None
        end = STARTS[place + 1] - 1 if place + 1 < len(STARTS) else None
        if end is not None and (over or (last is not None and last > end)):
            raise table.bad(column, at, "is in none of the bands under 1, 1-4, 5-9 and so on to 90+")
        found[at] = place
    return found


def _by_band(values: Floats, groups: Groups, places: Codes) -> tuple[
    Floats, Flags
]:  # fmt: skip
    """Values added up by group and band, NaN where there is no row; and whether a group has several rows a band."""
    size = len(STARTS)
    cells = groups.codes * size + places
    rows = np.bincount(cells, minlength=len(groups) * size).reshape(len(groups), size)
    added = np.bincount(cells, weights=values, minlength=len(groups) * size).reshape(len(groups), size)
    return np.where(rows > 0, added, np.nan), np.asarray((rows > 1).any(axis=1))


def _lacking(places: Codes) -> str:
    """Which bands have no row, in words; blank where all have."""
    there = set(places.tolist())
    lacking = [str(start) for place, start in enumerate(STARTS) if place not in there]
    return f"Withheld: no row for the band that begins at {', '.join(lacking)}." if lacking else ""


def _wanted(options: Options) -> list[int]:
    if options.ages is None:
        return list(range(len(STARTS)))
    for age in options.ages:
        if age not in STARTS:
            raise UserError(f"{age} is not the beginning of a band. They begin at {', '.join(map(str, STARTS))}.")
    return [STARTS.index(age) for age in options.ages]
