"""Disclosure control: what is withheld where a figure leaves for people who may not see patients.

A dataset's rule is data (`systems/<name>/disclosure.toml`, else `reference/data/disclosure.toml`): counts from 1 up to
one below `threshold` are withheld and shown as `token`, other counts are rounded to `rounding`, and where one figure
of a total could be found by taking the others from it, the next smallest is withheld too. A count so near its
denominator that it tells of the few who are not in it is withheld like a small one. Published national statistics may
be exempt: they are public as they are.

The idea of one small module of rules: ehrQL's `disclosure_control`; counts under 5 by the domain notes 4.1.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from wherry.errors import UserError
from wherry.reference.system import System

_KEYS = frozenset({"dataset", "threshold", "rounding", "token", "secondary", "exempt", "source", "certainty"})


@dataclass(frozen=True)
class Rule:
    """What holds for one dataset. `threshold` 5 withholds 1 to 4, `rounding` 1 rounds nothing, `exempt` shows all."""

    dataset: str
    threshold: int = 5
    rounding: int = 5
    token: str = "*"  # noqa: S105 - what a withheld figure is shown as
    secondary: bool = True
    exempt: bool = False
    source: str = ""
    certainty: str = "own default"

    def words(self) -> str:
        """The rule as a reader is told it.

        >>> Rule("people").words()
        'Counts of 1 to 4 are withheld (*) and others rounded to 5; more is withheld where a difference would tell.'
        >>> Rule("ae", exempt=True).words()
        'Published as it is.'
        """
        if self.exempt:
            return "Published as it is."
        small = f"Counts of 1 to {self.threshold - 1} are withheld ({self.token})" if self.threshold > 1 else ""
        rounded = f"others rounded to {self.rounding}" if self.rounding > 1 else ""
        told = " and ".join(part for part in (small, rounded) if part) or "Nothing is withheld"
        return (
            told[0].upper()
            + told[1:]
            + ("; more is withheld where a difference would tell." if self.secondary else ".")
        )


@dataclass(frozen=True)
class Figure:
    """A count, and of how many; `denominator` None is a plain count. `withheld` is the token it is shown as."""

    numerator: float | None
    denominator: float | None = None
    withheld: str = ""

    @property
    def share(self) -> float | None:
        """Numerator over denominator; None where either is missing, withheld or nothing."""
        if self.withheld or self.numerator is None or not self.denominator:
            return None
        return self.numerator / self.denominator


def _small(count: float | None, rule: Rule) -> bool:
    return count is not None and 0 < count < rule.threshold


def _tells(figure: Figure, rule: Rule) -> bool:
    """Whether a figure tells of fewer people than the threshold: those counted, those left out, or everybody."""
    if _small(figure.numerator, rule) or _small(figure.denominator, rule):
        return True
    if figure.numerator is None or figure.denominator is None:
        return False
    return _small(figure.denominator - figure.numerator, rule)


def rounded(count: float | None, base: int) -> float | None:
    """A count to the nearest multiple of `base`; halves go up.

    >>> [rounded(n, 5) for n in (0, 7, 12.5, 13, None)]
    [0.0, 5.0, 15.0, 15.0, None]
    """
    if count is None or base <= 1:
        return count
    return float(base * ((2 * count + base) // (2 * base)))


def control(figures: Sequence[Figure], rule: Rule, *, parts_of_a_total: bool = True) -> list[Figure]:
    """Figures that are shown together, as they may be shown.

    With `parts_of_a_total` the figures add up to one that a reader can also find: then where exactly one of them is
    withheld, the smallest other above nothing is too (all of them, if all others are nothing).

    >>> rule = Rule("people", threshold=5, rounding=1)
    >>> [f.withheld or f.numerator for f in control([Figure(3), Figure(20), Figure(9)], rule)]
    ['*', 20, '*']
    """
    if rule.exempt:
        return list(figures)
    hidden = {at for at, figure in enumerate(figures) if _tells(figure, rule)}
    if rule.secondary and parts_of_a_total and len(hidden) == 1 and len(figures) > 1:
        rest = [at for at in range(len(figures)) if at not in hidden]
        known = [at for at in rest if figures[at].numerator]
        if known:
            hidden.add(min(known, key=lambda at: figures[at].numerator or 0))
        else:
            hidden |= set(rest)
    return [_shown(figure, at in hidden, rule) for at, figure in enumerate(figures)]


def control_grid(rows: Sequence[Sequence[Figure]], rule: Rule) -> list[list[Figure]]:
    """A table whose rows and columns both add up to totals that are shown: nothing can be found along either way."""
    grid = [list(row) for row in rows]
    if rule.exempt:
        return grid
    hidden = {(r, c) for r, row in enumerate(grid) for c, figure in enumerate(row) if _tells(figure, rule)}
    while rule.secondary:
        more = _next_hidden(grid, hidden)
        if more is None:
            break
        hidden.add(more)
    return [[_shown(figure, (r, c) in hidden, rule) for c, figure in enumerate(row)] for r, row in enumerate(grid)]


def _next_hidden(grid: list[list[Figure]], hidden: set[tuple[int, int]]) -> tuple[int, int] | None:
    """A cell to hide besides, for the first row or column of which exactly one is hidden."""
    width = len(grid[0]) if grid else 0
    lines = [[(r, c) for c in range(width)] for r in range(len(grid))]
    lines += [[(r, c) for r in range(len(grid))] for c in range(width)]
    for line in lines:
        inside = [cell for cell in line if cell in hidden]
        others = [cell for cell in line if cell not in hidden]
        if len(inside) == 1 and others:
            return min(
                others, key=lambda cell: (not grid[cell[0]][cell[1]].numerator, grid[cell[0]][cell[1]].numerator or 0)
            )
    return None


def _shown(figure: Figure, hide: bool, rule: Rule) -> Figure:
    if hide:
        return Figure(None, None, rule.token)
    return replace(
        figure,
        numerator=rounded(figure.numerator, rule.rounding),
        denominator=rounded(figure.denominator, rule.rounding),
    )


@lru_cache(maxsize=16)
def _read(path: str) -> dict[str, Rule]:
    with Path(path).open("rb") as file:
        try:
            found = tomllib.load(file)
        except tomllib.TOMLDecodeError as error:
            raise UserError(f"{path} is not TOML ({error}). Mend it; until then nothing is shown.") from None
    return {rule.dataset: rule for rule in (_rule(row, path) for row in found.get("rule", []))}


def _rule(row: dict[str, Any], path: str) -> Rule:
    strange = sorted(set(row) - _KEYS)
    if strange or "dataset" not in row:
        said = f"knows no {', '.join(strange)}" if strange else "lacks its dataset"
        raise UserError(f"{path}: a rule {said}. A rule has {', '.join(sorted(_KEYS))}.")
    rule = Rule(**row)
    if rule.threshold < 1 or rule.rounding < 1 or not rule.token:
        raise UserError(f"{path}: {rule.dataset} needs a threshold and a rounding of 1 or more, and a token.")
    return rule


def rules(system: System | None) -> dict[str, Rule]:
    """Rules by dataset: the country's defaults, and over them the system's own. `people` is the rule of all others."""
    found = dict(_read(str(files("wherry.reference") / "data" / "disclosure.toml")))
    own = system.folder / "disclosure.toml" if system is not None else None
    if own is not None and own.is_file():
        found |= _read(str(own))
    return found


def rule_for(dataset: str, system: System | None) -> Rule:
    """The rule of a dataset, or that of `people` where it has none of its own."""
    known = rules(system)
    return known.get(dataset) or known["people"]
