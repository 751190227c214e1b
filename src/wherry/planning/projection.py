"""Reading a system's population projection: `load(system)` gives a `population.Projection`, checked.

Three files in the system's folder, which a user may replace with others of the same form (docs/scenarios.md):
`population.toml` (title, sources, and each variant in words), `population.csv` (a row a variant, year and sex, with the
people of each age) and `population_years.csv` (a row a variant and year: births, gain in life expectancy at 65).
"""

from __future__ import annotations

import csv
import math
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from wherry.errors import UserError
from wherry.planning.population import Floats, Projection
from wherry.reference.system import System

FILES = ("population.toml", "population.csv", "population_years.csv")
AGES = 91
SEXES = ("1", "2")
PEOPLE_COLUMNS = ("variant", "year", "sex", *(f"age_{age}" for age in range(AGES)))
YEAR_COLUMNS = ("variant", "year", "births", "gain_men", "gain_women")
_DO = "See docs/scenarios.md for the form of the file; no projection was read."


@dataclass(frozen=True)
class Variant:
    """One variant in words, and how it was made."""

    code: str
    words: str
    how: str


def load(system: System) -> Projection:
    """The projection of a system. Raises UserError that says which file and line is wrong and what to do."""
    return _load(system.folder, _stamps(system.folder))[0]


def variants(system: System) -> tuple[Variant, ...]:
    """The variants of a system's projection in words, the first one first."""
    return _load(system.folder, _stamps(system.folder))[1]


def known(system: System) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The variants and years that a scenario may name."""
    projection = load(system)
    return projection.variants, projection.years


def _stamps(folder: Path) -> tuple[tuple[int, int], ...]:
    stamps = []
    for name in FILES:
        path = folder / name
        if not path.is_file():
            raise UserError(f"{path} is missing. Plans need the people of the years to come. {_DO}")
        stat = path.stat()
        stamps.append((stat.st_mtime_ns, stat.st_size))
    return tuple(stamps)


@lru_cache(maxsize=8)
def _load(folder: Path, stamps: tuple[tuple[int, int], ...]) -> tuple[Projection, tuple[Variant, ...]]:
    toml, people_file, years_file = (folder / name for name in FILES)
    sources, described = _described(toml)
    codes = tuple(variant.code for variant in described)
    rows = list(_rows(people_file, PEOPLE_COLUMNS))
    years = tuple(sorted({_year(row, people_file, line) for line, row in rows}))
    if not years:
        raise UserError(f"{people_file} has no rows. {_DO}")
    if years != tuple(range(years[0], years[-1] + 1)):
        gap = next(year for year in range(years[0], years[-1]) if year not in years)
        raise UserError(f"{people_file}: there is no row for {gap}, though there are years before and after it. {_DO}")
    people = np.full((len(codes), len(years), AGES, 2), np.nan)
    for line, row in rows:
        at = _place(row, codes, years, people_file, line)
        if row["sex"] not in SEXES:
            raise UserError(f"{people_file} line {line}: sex {row['sex']!r} is neither 1 (men) nor 2 (women). {_DO}")
        sex = SEXES.index(row["sex"])
        if not math.isnan(people[at][0, sex]):
            raise UserError(f"{people_file} line {line}: this variant, year and sex are there twice. {_DO}")
        people[at][:, sex] = [_number(row[name], name, people_file, line) for name in PEOPLE_COLUMNS[3:]]
    births, gain = np.full(people.shape[:2], np.nan), np.full((*people.shape[:2], 2), np.nan)
    for line, row in _rows(years_file, YEAR_COLUMNS):
        at = _place(row, codes, years, years_file, line)
        if not math.isnan(births[at]):
            raise UserError(f"{years_file} line {line}: this variant and year are there twice. {_DO}")
        births[at] = _number(row["births"], "births", years_file, line)
        gain[at] = [_number(row[name], name, years_file, line, least=-20, most=20) for name in YEAR_COLUMNS[3:]]
    _complete(people[:, :, 0, :].sum(axis=2), codes, years, people_file)
    _complete(births, codes, years, years_file)
    if people.sum(axis=(2, 3)).min() <= 0:
        raise UserError(f"{people_file}: there is a year without people. {_DO}")
    gain -= gain[:, :1]
    for array in (people, births, gain):
        array.setflags(write=False)
    return Projection(codes, years, people, births, gain, sources), described


def _described(path: Path) -> tuple[tuple[str, ...], tuple[Variant, ...]]:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read as TOML: {error}. {_DO}") from None
    for key in found:
        if key not in ("title", "sources", "variants"):
            raise UserError(f"{path}: {key!r} is not a key that is known; there are title, sources and variants. {_DO}")
    sources = found.get("sources")
    if not isinstance(sources, list) or not sources or not all(isinstance(one, str) and one.strip() for one in sources):
        raise UserError(f"{path}: 'sources' must list at least one source in words. {_DO}")
    described = found.get("variants")
    if not isinstance(described, dict) or not described:
        raise UserError(f"{path}: there is no variant. Write [variants.principal] with words and how. {_DO}")
    made = []
    for code, part in described.items():
        wrong = set(part) ^ {"words", "how"} if isinstance(part, dict) else {"words", "how"}
        if wrong or not all(isinstance(one, str) for one in part.values()):
            raise UserError(f"{path}: [variants.{code}] must have the keys words and how, both text. {_DO}")
        made.append(Variant(code, part["words"], part["how"]))
    return tuple(sources), tuple(made)


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text (byte {error.start}). {_DO}") from None
    reader = csv.reader(text.splitlines())
    header = next(reader, [])
    for name in columns:
        if name not in header:
            raise UserError(f"{path} line 1: the column {name!r} is missing. {_DO}")
    unknown = [name for name in header if name not in columns]
    if unknown or len(set(header)) != len(header):
        raise UserError(
            f"{path} line 1: {(unknown or header)[0]!r} is not a column that is known, or is there twice. {_DO}"
        )
    for cells in reader:
        if len(cells) != len(header):
            raise UserError(f"{path} line {reader.line_num}: {len(cells)} cells, the header has {len(header)}. {_DO}")
        yield reader.line_num, {name: cell.strip() for name, cell in zip(header, cells, strict=True)}


def _year(row: dict[str, str], path: Path, line: int) -> int:
    if not (row["year"].isascii() and row["year"].isdigit() and len(row["year"]) == 4):
        raise UserError(f"{path} line {line}: {row['year']!r} is not a calendar year. {_DO}")
    return int(row["year"])


def _place(
    row: dict[str, str], codes: tuple[str, ...], years: tuple[int, ...], path: Path, line: int
) -> tuple[int, int]:
    if row["variant"] not in codes:
        raise UserError(
            f"{path} line {line}: {row['variant']!r} is not a variant of {FILES[0]} ({', '.join(codes)}). {_DO}"
        )
    year = _year(row, path, line)
    if year not in years:
        raise UserError(f"{path} line {line}: {FILES[1]} has nobody for {year}. {_DO}")
    return codes.index(row["variant"]), years.index(year)


def _number(text: str, name: str, path: Path, line: int, least: float = 0.0, most: float = 1e9) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise UserError(
            f"{path} line {line}: {name} is {text!r}; it must be a number from {least:g} to {most:g}. {_DO}"
        )
    return value


def _complete(array: Floats, codes: tuple[str, ...], years: tuple[int, ...], path: Path) -> None:
    missing = np.argwhere(np.isnan(array))
    if len(missing):
        variant, year = codes[missing[0][0]], years[missing[0][1]]
        raise UserError(f"{path}: {variant!r} has no row, or not both sexes, for {year}. {_DO}")
