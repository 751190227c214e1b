"""The operations of held theatre sessions: as many as were planned into each, with late starts, gaps and overruns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from wherry.reference import procedure_groups
from wherry.synthetic.elective.lines import GROUPS, Line, case_minutes, site_facts, turnover_minutes
from wherry.synthetic.elective.shared import Whole, each
from wherry.synthetic.settings import elective
from wherry.synthetic.streams import Ints, Reals

#: More cases than any session holds.
_MOST = 24


@dataclass
class Cases:
    """One row a case, by session and order; `session` is a place among the sessions, minutes from its planned start.

    `expected` has one number a session: the minutes that were planned into it.
    """

    session: Whole
    procedure: Whole
    procedures: tuple[str, ...]
    begin: Whole
    end: Whole
    expected: Whole


def hold(
    lines: list[Line], line: Ints, minutes: Ints, procedures: list[tuple[str, ...]], rng: np.random.Generator
) -> Cases:
    """Hold the sessions of the given lines and lengths. `procedures` are those of each function."""
    settings: dict[str, Any] = elective()["cases"]
    n = len(line)
    sites = tuple(dict.fromkeys(entry.site for entry in lines))
    at = np.array([sites.index(entry.site) for entry in lines], dtype=np.int64)[line]
    mean = np.array([case_minutes(site) for site in sites]).reshape(len(sites), len(GROUPS))
    gaps = np.array([turnover_minutes(site) for site in sites]).reshape(len(sites), len(GROUPS))
    fill, late = (np.array([site_facts(site)[name] for site in sites]) for name in ("fill", "late"))
    none = np.zeros(len(GROUPS))
    mixes = np.array([none if entry.mix is None else entry.mix for entry in lines]).reshape(len(lines), len(GROUPS))

    group = each(np.repeat(line, _MOST), mixes, rng).reshape(n, _MOST)
    length, gap = mean[at[:, None], group], gaps[at[:, None], group]
    # cases go in while they fit; the one at the edge goes in with the chance of its part that fits
    ends = np.cumsum(length + gap, axis=1)
    fits = ends - rng.random(n)[:, None] * (length + gap) <= (minutes * fill[at])[:, None]
    fits[:, 0] = True
    fits = np.logical_and.accumulate(fits, axis=1)
    expected = np.round(((length + gap) * fits).sum(axis=1)).astype(np.int64)

    spread = float(settings["spread"])
    taken = np.maximum(np.round(length * np.exp(rng.normal(0.0, spread, length.shape) - spread**2 / 2)), 5.0)
    between_ = float(settings["gap_spread"])
    waited = np.round(gap * np.exp(rng.normal(0.0, between_, gap.shape) - between_**2 / 2))
    start = np.round(rng.gamma(1.6, late[at] / 1.6))
    early = rng.random(n) < float(settings["early_start"])
    start = np.where(early, -rng.integers(0, 11, n), start)
    finish = start[:, None] + np.cumsum(taken, axis=1) + np.cumsum(waited, axis=1) - waited
    session, order = np.nonzero(fits)
    end = finish[session, order].astype(np.int64)
    procedure, words = _procedures(lines, line[session], group[session, order], procedures, rng)
    begin = end - taken[session, order].astype(np.int64)
    return Cases(session.astype(np.int64), procedure, words, begin, end, expected)


def _procedures(
    lines: list[Line], line: Ints, group: Ints, procedures: list[tuple[str, ...]], rng: np.random.Generator
) -> tuple[Whole, tuple[str, ...]]:
    """The procedure of each case: one of its function's in its group, each as often."""
    words = tuple(dict.fromkeys(code for codes in procedures for code in codes))
    functions = np.array([entry.function for entry in lines], dtype=np.int64)[line]
    key = functions * len(GROUPS) + group
    keys, place = np.unique(key, return_inverse=True)
    choices = [
        [
            code
            for code in procedures[one // len(GROUPS)]
            if procedure_groups.group_of(code) == GROUPS[one % len(GROUPS)]
        ]
        for one in keys.tolist()
    ]
    many = np.array([len(choice) for choice in choices], dtype=np.int64)
    grid: Reals = np.zeros((len(keys), int(many.max()) if len(many) else 1))
    for row, choice in enumerate(choices):
        grid[row, : len(choice)] = [words.index(code) for code in choice]
    step = (rng.random(len(key)) * many[place]).astype(np.int64) if len(key) else np.zeros(0, dtype=np.int64)
    return grid[place, step].astype(np.int64), words
