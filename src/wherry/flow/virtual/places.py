"""Places on a system's virtual wards by provider and pathway: `systems/<name>/virtual_wards.toml`, read and checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from wherry.errors import UserError
from wherry.flow.virtual.rules import CERTAINTIES, rules

_KEYS = ("provider", "pathway", "places", "source", "certainty")


@dataclass(frozen=True)
class Places:
    """How many places one provider has on one pathway."""

    provider: str
    pathway: str
    places: int
    source: str
    certainty: str


@dataclass(frozen=True)
class Ambition:
    """Places per 100,000 people that were aimed at, from low to high."""

    low: int
    high: int
    source: str
    certainty: str


@dataclass(frozen=True)
class Capacity:
    """The places of a system, in the order of its file. `total` is what was published, checked against the rows."""

    rows: tuple[Places, ...]
    total: int
    total_source: str
    ambition: Ambition

    @property
    def providers(self) -> tuple[str, ...]:
        """Organisations with places, each once."""
        return tuple(dict.fromkeys(row.provider for row in self.rows))

    def of(self, provider: str, pathway: str) -> int:
        """Places of a provider on a pathway; none is 0."""
        return sum(row.places for row in self.rows if (row.provider, row.pathway) == (provider, pathway))

    def per_100_000(self, people: int) -> float:
        """Places for each 100,000 people.

        >>> Capacity((), 368, "", Ambition(40, 50, "", "")).per_100_000(1_000_000)
        36.8
        """
        return self.total * 100_000 / people


@cache
def load(system: str) -> Capacity:
    """The places of a system.

    >>> found = load("norfolk-waveney")
    >>> found.total, sum(row.places for row in found.rows), found.providers
    (368, 368, ('RM1', 'RGP', 'RCX', 'RY3'))
    """
    from wherry.paths import system_dir

    return read(system_dir(system) / "virtual_wards.toml")


def read(path: Path) -> Capacity:
    """The places of one file. UserError, with the row, if it is wrong or does not add up."""
    if not path.is_file():
        raise UserError(
            f"{path} is missing: without it no virtual ward is known. docs/virtual-wards.md tells about it."
        )
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        total, source = int(data["total"]["value"]), str(data["total"]["source"])
        ambition = Ambition(**data["ambition"])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}.") from None
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: {error} is missing or wrong in [total] or [ambition].") from None
    rows = tuple(_row(row, f"{path.name}, row {n} of [[places]]") for n, row in enumerate(data.get("places", []), 1))
    seen: set[tuple[str, str]] = set()
    for row in rows:
        if (row.provider, row.pathway) in seen:
            raise UserError(f"{path.name}: {row.provider} {row.pathway} is there twice. Give each one row.")
        seen.add((row.provider, row.pathway))
    if (found := sum(row.places for row in rows)) != total:
        raise UserError(f"{path.name}: the rows add up to {found} places, [total] says {total}. Mend one of them.")
    return Capacity(rows, total, source, ambition)


def _row(row: Mapping[str, Any], where: str) -> Places:
    if wrong := sorted(set(row) ^ set(_KEYS)):
        raise UserError(f"{where}: {wrong[0]!r} is {'missing' if wrong[0] in _KEYS else 'not known here'}.")
    if row["pathway"] not in rules().pathways:
        raise UserError(f"{where}: pathway {row['pathway']!r} is none of {', '.join(rules().pathways)}.")
    if not isinstance(row["places"], int) or not 0 <= row["places"] < 10_000:
        raise UserError(f"{where}: places {row['places']!r} must be a whole number from 0.")
    if row["certainty"] not in CERTAINTIES or not row["source"]:
        raise UserError(f"{where}: it needs a source, and a certainty of {', '.join(CERTAINTIES)}.")
    return Places(**row)
