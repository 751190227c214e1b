"""Disclosure control: what is withheld where a figure leaves for people who may not see patients.

A dataset's rule is data (`systems/<name>/disclosure.toml`, else `reference/data/disclosure.toml`): counts from 1 up to
one below `threshold` are withheld and shown as `token`, other counts are rounded to `rounding`, and where one figure
of a total could be found, or narrowed to fewer than the threshold, by taking the others from it, more are withheld
until it could not (`suppression`). A count so near its denominator that it tells of the few who are not in it is
withheld like a small one. Published national statistics may be exempt: they are public as they are.

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

import numpy as np

from wherry.errors import UserError
from wherry.performance import suppression
from wherry.performance.suppression import Counts
from wherry.reference.system import System

_KINDS: dict[type, str] = {int: "a whole number", bool: "true or false", str: "a text"}
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


def layers(numerators: Counts, denominators: Counts | None, *, counted: bool = True) -> list[Counts]:
    """What of figures may tell of few people: those counted, and those of the denominator who are not, or all of them.

    Arrays of one shape; NaN where there is no figure. `counted` says that the numerator counts people; where it is a
    sum (of days, of money) only how many it was taken over tells. Where a numerator is above its denominator, as in a
    rate a day, nobody is left out of it, and the denominators are looked at themselves, as where a numerator is
    missing: those left out of the others are looked at all the same.

    >>> [layer.tolist() for layer in layers(np.array([105.0, 98.0]), np.array([100.0, 100.0]))]
    [[105.0, 98.0], [100.0, 100.0], [0.0, 2.0]]
    """
    if denominators is None or bool(np.all(np.isnan(denominators))):
        return [numerators]
    if not counted:
        return [denominators]
    rest = denominators - np.nan_to_num(numerators)
    if bool(np.any(rest < -1e-9)):
        return [numerators, denominators, np.maximum(rest, 0.0)]
    return [numerators, rest]


def _layers_of(figures: Sequence[Sequence[Figure]]) -> list[Counts]:
    def numbers(counts: Sequence[Sequence[float | None]]) -> Counts:
        return np.array([[np.nan if one is None else one for one in row] for row in counts], dtype=float)

    return layers(
        numbers([[one.numerator for one in row] for row in figures]),
        numbers([[one.denominator for one in row] for row in figures]),
    )


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

    With `parts_of_a_total` the figures add up to one that a reader can also find: then others are withheld beside a
    small one until their sum allows it to have been the threshold or more (all of them, where nothing else would do).
    Control the total too: one that is small must not be shown at all.

    >>> rule = Rule("people", threshold=5, rounding=1)
    >>> [f.withheld or f.numerator for f in control([Figure(3), Figure(20), Figure(9)], rule)]
    ['*', 20, '*']
    """
    if rule.exempt or not figures:
        return list(figures)
    found = [layer[0] for layer in _layers_of([figures])]
    hidden = suppression.sensitive(found, rule.threshold)
    if rule.secondary and parts_of_a_total and len(figures) > 1:
        line = suppression.hide_line(found, rule.threshold)
        hidden = np.ones_like(hidden) if line is None else line
    return [_shown(figure, bool(hide), rule) for figure, hide in zip(figures, hidden, strict=True)]


def control_grid(rows: Sequence[Sequence[Figure]], rule: Rule) -> list[list[Figure]]:
    """A table whose rows and columns both add up to totals that are shown: nothing can be found along either way."""
    grid = [list(row) for row in rows]
    if rule.exempt or not grid or not grid[0]:
        return grid
    found = _layers_of(grid)
    hidden = suppression.sensitive(found, rule.threshold)
    if rule.secondary:
        table = suppression.hide_table(found, rule.threshold)
        hidden = np.ones_like(hidden) if table is None else table
    return [
        [_shown(figure, bool(hide), rule) for figure, hide in zip(row, line, strict=True)]
        for row, line in zip(grid, hidden, strict=True)
    ]


def _shown(figure: Figure, hide: bool, rule: Rule) -> Figure:
    if hide and figure.numerator is not None:
        return Figure(None, None, rule.token)
    return replace(
        figure,
        numerator=rounded(figure.numerator, rule.rounding),
        denominator=rounded(figure.denominator, rule.rounding),
    )


def _read(path: Path) -> dict[str, Rule]:
    stat = path.stat()
    return _read_file(str(path), stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=16)
def _read_file(path: str, changed: int, size: int) -> dict[str, Rule]:
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
    for key, value in row.items():
        wanted = type(getattr(Rule("people"), key))
        if type(value) is not wanted:
            raise UserError(
                f"{path}: {key} of {row['dataset']} is {value!r} and must be {_KINDS[wanted]}. Mend it; until then "
                "nothing is shown."
            )
    rule = Rule(**row)
    if rule.threshold < 1 or rule.rounding < 1 or not rule.token:
        raise UserError(f"{path}: {rule.dataset} needs a threshold and a rounding of 1 or more, and a token.")
    return rule


def rules(system: System | None) -> dict[str, Rule]:
    """Rules by dataset: the country's defaults, and over them the system's own. `people` is the rule of all others."""
    found = dict(_read(Path(str(files("wherry.reference") / "data" / "disclosure.toml"))))
    own = system.folder / "disclosure.toml" if system is not None else None
    if own is not None and own.is_file():
        found |= _read(own)
    return found


def rule_for(dataset: str, system: System | None) -> Rule:
    """The rule of a dataset, or that of `people` where it has none of its own."""
    known = rules(system)
    return known.get(dataset) or known["people"]
