"""Reads definitions of measures: the national ones beside this module, and a system's own over them.

A definition that is wrong stops nothing else: it is left out, and `read` says what is wrong with it. Expressions are
checked when something is counted (`expressions`), for pages only need the words.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

from wherry.errors import UserError
from wherry.performance.measures.model import (
    DASHBOARDS,
    DOMAINS,
    THEMES,
    UNITS,
    Direction,
    Grain,
    Kind,
    Measure,
    Source,
    Split,
    Target,
)
from wherry.reference import standards
from wherry.reference.system import System

CERTAINTIES = ("sourced", "general knowledge", "own default")
CHARTS = ("xmr", "t", "g")
_KEYS = tuple(field.name for field in fields(Measure) if field.name not in ("source", "targets", "trajectory"))
_ALL = (*_KEYS, "source", "target", "trajectory")
_REQUIRED = (
    "code",
    "name",
    "what",
    "domain",
    "owner",
    "unit",
    "direction",
    "grain",
    "source",
    "reference",
    "certainty",
)
_LENGTHS = {"code": 60, "name": 120, "owner": 120}


@dataclass(frozen=True)
class Definitions:
    """What was read: measures by code, the file of each, and what is wrong with the others."""

    measures: Mapping[str, Measure]
    files: Mapping[str, Path]
    problems: tuple[str, ...]


def folders(system: System | None) -> tuple[Path, ...]:
    """Folders of definitions, the national one first; what a later one says of a code holds."""
    own = () if system is None else (system.folder / "measures",)
    return (Path(str(files("wherry.performance.measures") / "definitions")), *own)


def load(system: System | None) -> dict[str, Measure]:
    """Every measure of a system by code. Files that are wrong are left out: `read` says why."""
    return dict(read(system).measures)


def read(system: System | None) -> Definitions:
    """Every definition, and what is wrong. Read again when a file changes."""
    return _read(tuple(stamped(system)))


def stamped(system: System | None) -> Iterator[tuple[Path, int, int]]:
    """Every file of definitions, the national ones first, with the moment it changed and its size."""
    for folder in folders(system):
        for path in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
            stat = path.stat()
            yield path, stat.st_mtime_ns, stat.st_size


@lru_cache(maxsize=8)
def _read(stamped: tuple[tuple[Path, int, int], ...]) -> Definitions:
    found: dict[str, Measure] = {}
    where: dict[str, Path] = {}
    problems: list[str] = []
    for path, _, _ in stamped:
        try:
            measure = read_file(path)
        except UserError as error:
            problems.append(str(error))
            continue
        found[measure.code], where[measure.code] = measure, path
    order = {domain: at for at, domain in enumerate(DOMAINS)}
    ordered = sorted(found.values(), key=lambda one: (order[one.domain], not one.headline, one.code))
    return Definitions({one.code: one for one in ordered}, where, tuple(problems))


def read_file(path: Path) -> Measure:
    """The measure of one file. Raises UserError that names the file, the key and what to do."""
    try:
        row = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise UserError(
            f"{path.name} cannot be read as TOML ({error}). The measure is left out; mend the file."
        ) from None
    try:
        return measure_of(row, path.stem)
    except _Wrong as error:
        raise UserError(f"{path.name}, {error}. The measure is left out until the file is mended.") from None


class _Wrong(Exception):
    """What is wrong with a key."""


def measure_of(row: Mapping[str, Any], name: str) -> Measure:
    """A measure from what a file says; `name` is the file's, without `.toml`."""
    _no_strangers("", row, _ALL)
    for key in _REQUIRED:
        if row.get(key) in (None, ""):
            raise _Wrong(f"{key}: it is missing")
    if row["code"] != name:
        raise _Wrong(f"code: {row['code']!r} is not the file's own name {name!r}")
    if not all((part.isalnum() and part.islower()) or part.isdigit() for part in name.split("-")) or not name.isascii():
        raise _Wrong(f"code: {name!r} must be small letters, digits and hyphens")
    made: dict[str, Any] = {}
    for field in fields(Measure):
        key = field.name
        if key in _KEYS and key in row:
            made[key] = _plain(key, row[key], str(field.type))
    _one_of("domain", made["domain"], DOMAINS)
    _one_of("unit", made["unit"], UNITS)
    _one_of("certainty", made["certainty"], CERTAINTIES)
    _one_of("chart", made.get("chart", "xmr"), CHARTS)
    if made.get("theme"):
        _one_of("theme", made["theme"], THEMES)
    for one in made.get("dashboards", ()):
        _one_of("dashboards", one, DASHBOARDS)
    made["direction"] = Direction(_one_of("direction", made["direction"], tuple(Direction)))
    made["grain"] = Grain(_one_of("grain", made["grain"], tuple(Grain)))
    splits = [_one_of("splits", one, [s for s in Split if s is not Split.ALL]) for one in made.get("splits", ())]
    made["splits"] = tuple(Split(one) for one in splits)
    made["source"] = _source(row["source"])
    if made["source"].kind is not Kind.LOADED and made["unit"] != "number" and not made["source"].denominator:
        raise _Wrong(f"source.denominator: it is missing, and a measure in {made['unit']} needs one")
    for key, field_name in (("target", "targets"), ("trajectory", "trajectory")):
        made[field_name] = tuple(_targets(key, row.get(key, [])))
    return Measure(**made)


def _no_strangers(where: str, row: Mapping[str, Any], known: Sequence[str]) -> None:
    for key in row:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
            raise _Wrong(f"{where}{key}: this key is not known: {hint}")


def _one_of(key: str, said: str, known: Any) -> str:
    words = [str(one) for one in known]
    if said not in words:
        close = difflib.get_close_matches(str(said), words, n=1)
        raise _Wrong(
            f"{key}: {said!r} is none of {', '.join(words)}" + (f". Did you mean {close[0]!r}?" if close else "")
        )
    return str(said)


def _plain(key: str, said: Any, kind: str) -> Any:
    if kind == "bool" or kind == "int":
        if type(said).__name__ != kind or (kind == "int" and not 0 <= said <= 6):
            raise _Wrong(
                f"{key}: {said!r} is not " + ("true or false" if kind == "bool" else "a whole number from 0 to 6")
            )
        return said
    if kind.startswith("tuple"):
        if not isinstance(said, list) or not all(isinstance(one, str) for one in said):
            raise _Wrong(f'{key}: {said!r} is not a list of words, such as ["age_band", "sex"]')
        if len(set(said)) != len(said):
            raise _Wrong(f"{key}: {said!r} names one twice")
        return tuple(said)
    if not isinstance(said, str) or "\0" in said or len(said) > _LENGTHS.get(key, 2_000):
        raise _Wrong(f"{key}: {str(said)[:60]!r} is not a text of at most {_LENGTHS.get(key, 2_000)} letters")
    return said.strip()


def _source(row: Any) -> Source:
    if not isinstance(row, dict):
        raise _Wrong("source: it must be a table [source] with kind, table, numerator, denominator, where")
    known = [field.name for field in fields(Source)]
    _no_strangers("source.", row, known)
    made = {key: _plain(f"source.{key}", value, "str") for key, value in row.items()}
    kind = Kind(_one_of("source.kind", made.pop("kind", ""), tuple(Kind)))
    if kind is Kind.LOADED and any(made.values()):
        raise _Wrong(
            f"source.{next(key for key in made if made[key])}: a loaded measure has no table and no expressions"
        )
    if kind is not Kind.LOADED:
        for key in ("table", "numerator"):
            if not made.get(key):
                raise _Wrong(f"source.{key}: it is missing")
    return Source(kind, **made)


_TARGET = ("value", "from_date", "to_date", "source", "certainty")


def _targets(key: str, rows: Any) -> Iterator[Target]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _Wrong(f"{key}: write each as [[{key}]]")
    found: list[Target] = []
    for number, row in enumerate(rows, start=1):
        found += _standard(key, number, row) if "standard" in row else [_target(key, number, row)]
    found.sort(key=lambda one: one.from_date)
    for earlier, later in pairwise(found):
        if earlier.to_date is None or later.from_date <= earlier.to_date:
            raise _Wrong(f"{key}: two hold on {later.from_date}. End the earlier the day before the later begins")
    yield from found


def _standard(key: str, number: int, row: Mapping[str, Any]) -> list[Target]:
    _no_strangers(f"{key} {number}.", row, ("standard",))
    try:
        held = standards.history(str(row["standard"]))
    except KeyError as error:
        raise _Wrong(f"{key} {number}.standard: {error.args[0]}") from None
    return [Target(one.value, one.from_date, one.to_date, one.source, one.certainty) for one in held]


def _target(key: str, number: int, row: Mapping[str, Any]) -> Target:
    where = f"{key} {number}."
    _no_strangers(where, row, _TARGET)
    for name in ("value", "from_date", "source", "certainty"):
        if row.get(name) in (None, ""):
            raise _Wrong(f"{where}{name}: it is missing")
    value = row["value"]
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e12:
        raise _Wrong(f"{where}value: {value!r} is not a number")
    for name in ("from_date", "to_date"):
        said = row.get(name)
        if said is not None and (not isinstance(said, date) or isinstance(said, datetime)):
            raise _Wrong(f"{where}{name}: {said!r} is not a date such as 2026-04-01")
    if row.get("to_date") and row["to_date"] < row["from_date"]:
        raise _Wrong(f"{where}to_date: it is before from_date")
    certainty = _one_of(f"{where}certainty", row["certainty"], CERTAINTIES)
    return Target(float(value), row["from_date"], row.get("to_date"), str(row["source"]), certainty)


def digest_of(measure: Measure) -> str:
    """What a measure's figures hang on, as text: unit, grain, splits and source; words may change freely."""
    parts: list[StrEnum | str | Source] = [measure.code, measure.unit, measure.grain, *measure.splits, measure.source]
    return repr(parts)
