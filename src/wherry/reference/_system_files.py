"""Reading the files of a system's folder: each refuses what it does not know and says which file, line and column.

Used by `wherry.reference.system`, which has the words for what a system is.
"""

from __future__ import annotations

import csv
import difflib
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from wherry.errors import UserError
from wherry.reference.organisations import Organisation, Site

_KEYS: dict[str, dict[str, type]] = {
    "": {
        "name": str,
        "title": str,
        "trusts": list,
        "icbs": list,
        "commissioner": str,
        "region": str,
        "population": int,
        "baseline_census": date,
        "group": dict,
        "feeds": dict,
        "published": dict,
    },
    "group": {"code": str, "name": str},
    "published": {"rtt_incomplete": dict},
}
_OPTIONAL = {"feeds", "published", "commissioner", "region", "population", "baseline_census"}

_ORGANISATION_COLUMNS = (
    "code",
    "name",
    "short_name",
    "kind",
    "parent",
    "postcode",
    "from_date",
    "to_date",
    "source",
    "certainty",
)
_SITE_COLUMNS = (
    "code",
    "name",
    "short_name",
    "organisation",
    "postcode",
    "latitude",
    "longitude",
    "from_date",
    "to_date",
    "source",
    "certainty",
)
#: Places: the columns that every system has; it may have more (age bands `age_*`, trust shares `share_*`, `minutes_*`).
PLACE_COLUMNS = ("lsoa", "name", "msoa", "district", "imd_decile", "latitude", "longitude", "population")

_PLACE_TEXT = ("lsoa", "name", "msoa", "district", "district_code")
_PLACE_PREFIXES = ("age_", "share_", "minutes_")


def places(path: Path) -> pa.Table:
    """`places.csv` as a table: text, whole people, real degrees, shares and minutes."""
    from pyarrow import csv as arrow_csv

    def column_type(name: str) -> pa.DataType:
        if name in _PLACE_TEXT:
            return pa.string()
        real = name in ("latitude", "longitude") or name.startswith(("share_", "minutes_"))
        return pa.float64() if real else pa.int32()

    if not path.is_file():
        raise UserError(f"{path} is missing. The system's places are needed here; see docs/reference.md.")
    with path.open(encoding="utf-8") as opened:
        header = opened.readline().strip().split(",")
    extra = [name for name in header if not name.startswith(_PLACE_PREFIXES)]
    _refuse_unknown(extra, (*PLACE_COLUMNS, "district_code"), f"{path} line 1", "column")
    missing = [name for name in PLACE_COLUMNS if name not in header]
    if missing:
        raise UserError(f"{path} line 1: missing column {', '.join(missing)}.")
    try:
        return arrow_csv.read_csv(
            path, convert_options=arrow_csv.ConvertOptions(column_types={name: column_type(name) for name in header})
        )
    except pa.ArrowInvalid as error:
        raise UserError(f"{path} cannot be read: {error}.") from None


def baseline(path: Path) -> pa.Table:
    """One baseline file as a table: `n` and `band` are whole numbers, shares and degrees real, the rest is text."""
    from pyarrow import csv as arrow_csv

    with path.open(encoding="utf-8") as opened:
        header = opened.readline().strip().split(",")
    numbers: dict[str, pa.DataType] = {"n": pa.int64(), "band": pa.int32()}
    numbers |= dict.fromkeys(("share", "latitude", "longitude"), pa.float64())
    types = {name: numbers.get(name, pa.string()) for name in header}
    try:
        return arrow_csv.read_csv(path, convert_options=arrow_csv.ConvertOptions(column_types=types))
    except pa.ArrowInvalid as error:
        raise UserError(f"{path} cannot be read: {error}.") from None


def document(path: Path) -> dict[str, Any]:
    """`system.toml`, with every key known and of the right kind."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path} is missing. A system needs one; see docs/reference.md.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read as TOML: {error}. Nothing was read.") from None
    for section, keys in _KEYS.items():
        part = found.get(section) if section else found
        if part is None:
            continue
        _refuse_unknown(part, keys, f"{path}{f' [{section}]' if section else ''}", "key")
        for key, kind in keys.items():
            if key not in part:
                if section == "published" or (not section and key in _OPTIONAL):
                    continue
                raise UserError(f"{path}: the key {key!r}{f' of [{section}]' if section else ''} is missing. Add it.")
            if not isinstance(part[key], kind) or (kind is not bool and isinstance(part[key], bool)):
                raise UserError(f"{path}: {key!r} must be {_KIND_WORDS[kind]}, not {part[key]!r}.")
    for source, names in found.get("feeds", {}).items():
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise UserError(f"{path} [feeds]: {source!r} must list the names of its feeds, not {names!r}.")
    for key in ("trusts", "icbs"):
        if not found[key] or not all(isinstance(code, str) for code in found[key]):
            raise UserError(f"{path}: {key!r} must list at least one organisation code.")
    return found


_KIND_WORDS = {str: "text", list: "a list", int: "a whole number", date: "a date", dict: "a table"}


def _refuse_unknown(
    given: Mapping[str, Any] | list[str], known: Mapping[str, Any] | tuple[str, ...], where: str, what: str
) -> None:
    for key in given:
        if key not in known:
            close = difflib.get_close_matches(key, list(known), n=1)
            hint = f" Did you mean {close[0]!r}?" if close else f" Known: {', '.join(known)}."
            raise UserError(f"{where}: {key!r} is not a {what} that is known.{hint} Nothing was read.")


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UserError(f"{path} is missing. A system needs one; see docs/reference.md.") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8: {error}. Save it as UTF-8.") from None
    reader = csv.DictReader(text.splitlines())
    header = list(reader.fieldnames or [])
    _refuse_unknown(header, columns, f"{path} line 1", "column")
    missing = [column for column in columns if column not in header]
    if missing:
        raise UserError(f"{path} line 1: missing column {', '.join(missing)}. Nothing was read.")
    for row in reader:
        where = f"{path} line {reader.line_num}"
        if None in row or None in row.values():
            raise UserError(f"{where}: the row does not have {len(columns)} fields. Nothing was read.")
        yield where, {key: value.strip() for key, value in row.items()}


def _day(row: dict[str, str], column: str, where: str) -> date | None:
    text = row[column]
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError(f"{where}: {column} is {text!r}. Write it as YYYY-MM-DD.") from None


def _first_day(row: dict[str, str], where: str) -> date:
    found = _day(row, "from_date", where)
    if found is None:
        raise UserError(f"{where}: from_date is blank. Write the first day as YYYY-MM-DD.")
    return found


def organisations(path: Path) -> list[Organisation]:
    """The dated rows of `organisations.csv`."""
    return [_organisation(row, where) for where, row in _rows(path, _ORGANISATION_COLUMNS)]


def sites(path: Path) -> list[Site]:
    """The rows of `sites.csv`."""
    return [_site(row, where) for where, row in _rows(path, _SITE_COLUMNS)]


def _organisation(row: dict[str, str], where: str) -> Organisation:
    return Organisation(
        code=_text(row, "code", where),
        name=_text(row, "name", where),
        short_name=row["short_name"],
        kind=row["kind"],
        parent=row["parent"] or None,
        postcode=row["postcode"] or None,
        from_date=_first_day(row, where),
        to_date=_day(row, "to_date", where),
        source=_text(row, "source", where),
        certainty=row["certainty"],
    )


def _site(row: dict[str, str], where: str) -> Site:
    return Site(
        code=_text(row, "code", where),
        name=_text(row, "name", where),
        short_name=row["short_name"],
        organisation=_text(row, "organisation", where),
        postcode=row["postcode"] or None,
        latitude=_degrees(row, "latitude", where, 90.0),
        longitude=_degrees(row, "longitude", where, 180.0),
        from_date=_first_day(row, where),
        to_date=_day(row, "to_date", where),
        source=_text(row, "source", where),
        certainty=row["certainty"],
    )


def _text(row: dict[str, str], column: str, where: str) -> str:
    if not row[column]:
        raise UserError(f"{where}: {column} is blank. Fill it in.")
    return row[column]


def _degrees(row: dict[str, str], column: str, where: str, limit: float) -> float:
    try:
        value = float(row[column])
    except ValueError:
        raise UserError(f"{where}: {column} is {row[column]!r}. Write degrees as a number.") from None
    if not -limit <= value <= limit:
        raise UserError(f"{where}: {column} is {value}, outside -{limit:.0f} to {limit:.0f}.")
    return value
