"""What is known of a system's activity (`activity.toml` in its folder), and the tables of what is assumed beside it."""

from __future__ import annotations

import csv
import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from wherry.errors import UserError
from wherry.reference.activity import KINDS
from wherry.reference.diagnostic_tests import TESTS

FILE = "activity.toml"

#: Keys of each table: of the table itself, and of its part for each trust.
_KEYS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "totals": (("attendances", "non_elective", "elective", "outpatient"), ()),
    "emergency_nights": (("share_65_and_over",), ()),
    "older_stays": (("peer_median_days",), ("days", "spells", "beds_to_peer_median")),
    "attendances": ((), ("type_1", "type_3_published")),
    "emergency": (("zero_below_65", "zero_65_and_over", "same_day_65_and_over"), ("admissions", "same_day_share")),
    "elective": ((), ("share", "day_case_share", "stay_days", "ophthalmology")),
    "maternity": (("caesarean_share", "admissions_before", "babies", "baby_days"), ("deliveries",)),
    "outpatient": (("kinds",), ("share",)),
    "diagnostic": (("tests",), ("share",)),
}
_SECOND = ("source", "day_case", "outpatient", "attendance_type_3", "diagnostic")
#: Of these, one will do.
_EITHER = ("spells", "beds_to_peer_median")


@dataclass(frozen=True)
class Figures:
    """The document, checked: every table and every trust's part is there, and every key is known."""

    path: Path
    financial_year: str
    days: int
    tables: Mapping[str, Mapping[str, Any]]
    second: Mapping[str, Mapping[str, Any]]

    def of(self, table: str, key: str, trust: str = "") -> float:
        """One number, of a table or of its part for a trust."""
        part = self.tables[table][trust] if trust else self.tables[table]
        return float(part[key])

    def older_spells(self, trust: str) -> int:
        """Emergency spells with a night of people of 65 and over: said, or from the beds that the median would free.

        Beds x days of the year are the nights freed; each spell frees its excess over the median.
        """
        part = self.tables["older_stays"][trust]
        if "spells" in part:
            return int(part["spells"])
        excess = float(part["days"]) - self.of("older_stays", "peer_median_days")
        return round(float(part["beds_to_peer_median"]) * self.days / excess)


def read(path: Path, trusts: Iterable[str]) -> Figures:
    """Read and check the file. Raises UserError that says what is wrong and where."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(
            f"{path} is missing: nothing says how much activity this system has. No activity was made. "
            "Write one like that of norfolk-waveney, or load a year of real activity."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read as TOML: {error}. No activity was made.") from None
    _known(found, ("financial_year", "days", "second", *_KEYS), str(path))
    for key, kind in (("financial_year", str), ("days", int)):
        if not isinstance(found.get(key), kind):
            raise UserError(f"{path}: {key!r} is missing, or not {'text' if kind is str else 'a whole number'}.")
    codes = tuple(trusts)
    for table, (keys, of_trust) in _KEYS.items():
        _table(found, table, keys, of_trust, codes, path)
    for site, part in found.get("second", {}).items():
        _known(part, _SECOND, f"{path} [second.{site}]")
    _known(found["outpatient"]["kinds"], KINDS, f"{path} [outpatient] kinds")
    _known(found["diagnostic"]["tests"], TESTS, f"{path} [diagnostic] tests")
    return Figures(path, found["financial_year"], found["days"], found, found.get("second", {}))


def _table(
    found: Mapping[str, Any],
    table: str,
    keys: tuple[str, ...],
    of_trust: tuple[str, ...],
    trusts: tuple[str, ...],
    path: Path,
) -> None:
    where = f"{path} [{table}]"
    if not isinstance(found.get(table), dict):
        raise UserError(f"{where}: this table is missing. Add it.")
    part = found[table]
    _known(part, (*keys, "source", *(trusts if of_trust else ())), where)
    _complete(part, ("source", *keys), where)
    for trust in trusts if of_trust else ():
        own = part.get(trust, {})
        _known(own, of_trust, f"{path} [{table}.{trust}]")
        _complete(own, tuple(key for key in of_trust if key not in _EITHER), f"{path} [{table}.{trust}]")
        if table == "older_stays" and not any(key in own for key in _EITHER):
            raise UserError(f"{path} [{table}.{trust}]: say either {' or '.join(_EITHER)}.")


def _known(part: Mapping[str, Any], keys: Iterable[str], where: str) -> None:
    allowed = list(keys)
    for key in part:
        if key not in allowed:
            close = difflib.get_close_matches(key, allowed, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(allowed)}."
            raise UserError(f"{where}: {key!r} is not a key that is known. {hint} No activity was made.")


def _complete(part: Mapping[str, Any], keys: tuple[str, ...], where: str) -> None:
    for key in keys:
        value = part.get(key)
        wanted: type | tuple[type, ...] = {"source": str, "kinds": dict, "tests": dict}.get(key, (int, float))
        if not isinstance(value, wanted) or isinstance(value, bool):
            raise UserError(f"{where}: {key!r} is missing, or not what it should be. No activity was made.")


@cache
def rates() -> dict[str, Any]:
    """What is assumed of ages, deprivation, stays, theatres and markers."""
    return tomllib.loads(_text("rates.toml"))


@cache
def functions(name: str) -> tuple[dict[str, str], ...]:
    """Rows of `<name>_functions.csv`: treatment functions with their shares."""
    return tuple(csv.DictReader(_text(f"{name}_functions.csv").splitlines()))


def _text(name: str) -> str:
    return resources.files("wherry.synthetic.activity").joinpath("data", name).read_text(encoding="utf-8")
