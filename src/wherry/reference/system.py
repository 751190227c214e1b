"""One hospital system as data: reading and checking a folder such as `systems/norfolk-waveney`.

`load(name)` reads `system.toml`, `organisations.csv` and `sites.csv`, and refuses a key or column that it does not
know, with a suggestion. Places and the published baseline are read when somebody first asks. Another hospital group
is another folder; `docs/reference.md` says what must be in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from wherry.errors import UserError
from wherry.paths import system_dir
from wherry.reference import _system_files as files
from wherry.reference._data import overlap
from wherry.reference.organisations import Organisation, Register, Site
from wherry.reference.services import Services, read_services


@dataclass(frozen=True, eq=False)
class System:
    """A hospital system. Codes are ODS codes; dates are days; tables are Arrow."""

    name: str
    folder: Path
    title: str
    group_code: str
    group_name: str
    trusts: tuple[str, ...]
    icbs: tuple[str, ...]
    commissioner: str | None
    region: str | None
    population: int | None
    baseline_census: date | None
    feeds: Mapping[str, tuple[str, ...]]
    published: Mapping[str, Any]
    register: Register = field(repr=False)
    sites: tuple[Site, ...] = field(repr=False)

    @property
    def organisations(self) -> tuple[Organisation, ...]:
        """Every dated row, in the order of the file."""
        return self.register.rows

    @property
    def icb(self) -> str:
        """The newest ICB that the system names; for a given day use `icb_on`."""
        return self.icbs[-1]

    def icb_on(self, on: date) -> str | None:
        """The ICB that the first trust belongs to on a day."""
        parent = self.parent_of(self.trusts[0], on)
        return parent if parent in self.icbs else None

    def parent_of(self, code: str, on: date) -> str | None:
        """The parent of an organisation on a day; None if it is not known or not open."""
        return self.register.parent_of(code, on)

    def organisation_name(self, code: str, on: date | None = None) -> str:
        """The name on a day (newest if no day is given); the code itself if nobody knows it."""
        return self.register.name(code, on) or code

    def short_name(self, code: str) -> str:
        """A name for a table's cell, such as "Norfolk and Norwich"; the code itself if nobody knows it."""
        row = self.register.latest(code)
        return (row.short_name or row.name) if row else code

    def site(self, code: str) -> Site | None:
        """A site by its code."""
        return next((site for site in self.sites if site.code == code), None)

    def sites_of(self, organisation: str) -> tuple[Site, ...]:
        """The sites of one organisation, main site first (the order of the file)."""
        return tuple(site for site in self.sites if site.organisation == organisation)

    @cached_property
    def template_files(self) -> tuple[Path, ...]:
        """The source templates of the system, in the order of their names."""
        return tuple(sorted((self.folder / "templates").glob("*.toml")))

    @cached_property
    def services(self) -> Services:
        """What each site can do, up to which complexity (`services.csv`)."""
        return read_services(self.folder / "services.csv")

    @cached_property
    def places(self) -> pa.Table:
        """One row an LSOA: `PLACE_COLUMNS`, then people by age `age_*`, each trust's `share_*`, road `minutes_*`."""
        return files.places(self.folder / "places.csv")

    @cached_property
    def baseline(self) -> Baseline:
        """The published position, by file name without `.csv`: `system.baseline["rtt_incomplete"]` is a table."""
        return Baseline(self.folder / "baseline")

    def organisation_table(self) -> pa.Table:
        """Organisations as the published table has them: code, name, kind, parent, from_date, to_date."""
        return _table(self.organisations, ("code", "name", "kind", "parent", "from_date", "to_date"))

    def site_table(self) -> pa.Table:
        """Sites as the published table has them: code, name, organisation, latitude, longitude, from_date, to_date."""
        return _table(self.sites, ("code", "name", "organisation", "latitude", "longitude", "from_date", "to_date"))


class Baseline(Mapping[str, pa.Table]):
    """CSV files of a folder as tables, each read when first asked for. A column `band` or `n` is a whole number."""

    def __init__(self, folder: Path) -> None:
        self._files = {path.stem: path for path in sorted(folder.glob("*.csv"))}
        self._tables: dict[str, pa.Table] = {}

    def __getitem__(self, name: str) -> pa.Table:
        if name not in self._tables:
            if name not in self._files:
                raise KeyError(f"no baseline called {name!r}; there are {', '.join(self._files) or 'none'}")
            self._tables[name] = files.baseline(self._files[name])
        return self._tables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


def load(name: str) -> System:
    """The system of a name, checked. Raises UserError that says which file and line is wrong and what to do.

    >>> load("norfolk-waveney").trusts
    ('RM1', 'RGP', 'RCX')
    """
    return load_folder(system_dir(name))


def load_folder(folder: Path) -> System:
    """The same for a folder anywhere. A system is kept until its files change."""
    folder = folder.resolve()
    stamps = tuple(
        (path.stat().st_mtime_ns, path.stat().st_size) if path.is_file() else (0, 0)
        for path in (folder / part for part in ("system.toml", "organisations.csv", "sites.csv", "places.csv"))
    )
    return _load(folder, stamps)


@lru_cache(maxsize=16)
def _load(folder: Path, stamps: tuple[tuple[int, int], ...]) -> System:
    document = files.document(folder / "system.toml")
    register = Register(files.organisations(folder / "organisations.csv"), str(folder / "organisations.csv"))
    system = System(
        name=document["name"],
        folder=folder,
        title=document["title"],
        group_code=document["group"]["code"],
        group_name=document["group"]["name"],
        trusts=tuple(document["trusts"]),
        icbs=tuple(document["icbs"]),
        commissioner=document.get("commissioner"),
        region=document.get("region"),
        population=document.get("population"),
        baseline_census=document.get("baseline_census"),
        feeds={source: tuple(names) for source, names in document.get("feeds", {}).items()},
        published=document.get("published", {}),
        register=register,
        sites=tuple(files.sites(folder / "sites.csv")),
    )
    _check(system)
    return system


def _check(system: System) -> None:
    path = system.folder / "system.toml"
    for what, codes in (("trust", system.trusts), ("icb", system.icbs)):
        for code in codes:
            row = system.register.latest(code)
            if row is None:
                raise UserError(f"{path}: {code!r} has no row in organisations.csv. Add one of kind {what!r}.")
            if row.kind != what:
                raise UserError(f"{path}: {code!r} is listed as a {what} and is a {row.kind!r} in organisations.csv.")
    if len(set(system.trusts)) != len(system.trusts):
        raise UserError(f"{path}: a trust is listed twice.")
    by_code: dict[str, list[Site]] = {}
    for site in system.sites:
        if system.register.latest(site.organisation) is None:
            raise UserError(
                f"{system.folder / 'sites.csv'}: site {site.code} belongs to {site.organisation!r}, "
                "which has no row in organisations.csv."
            )
        by_code.setdefault(site.code, []).append(site)
    for code, held in by_code.items():
        if overlap(held):
            raise UserError(f"{system.folder / 'sites.csv'}: site {code} has two rows that hold on one day.")
    for trust in system.trusts:
        if not system.sites_of(trust):
            raise UserError(f"{system.folder / 'sites.csv'}: trust {trust} has no site. Add its main site.")


def _table(rows: tuple[Organisation, ...] | tuple[Site, ...], columns: tuple[str, ...]) -> pa.Table:
    types: dict[str, pa.DataType] = {
        "latitude": pa.float64(),
        "longitude": pa.float64(),
        "from_date": pa.date32(),
        "to_date": pa.date32(),
    }
    return pa.table(
        {name: pa.array([getattr(row, name) for row in rows], types.get(name, pa.string())) for name in columns}
    )
