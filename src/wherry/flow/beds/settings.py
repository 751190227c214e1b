"""What a system says about its beds in `placing.toml`: cleaning, holds, who may lie where, usual hospitals.

Every value stands in a table with its source and how sure of it we are. A key that nobody knows is refused.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from wherry.errors import UserError
from wherry.paths import system_dir
from wherry.reference.wards import KINDS

CERTAINTIES = ("sourced", "general knowledge", "own default")
_CLEANING = ("after_leaving", "overdue_minutes", "forgotten_days", "after_closed_for")
_DISTRICT = re.compile(r"([A-Z]{1,2})(\d{1,2})(?:-\1(\d{1,2}))?$")
_OUTWARD = re.compile(r"([A-Z]{1,2})(\d{1,2})[A-Z]?(?:\s*\d[A-Z]{2})?$")


@dataclass(frozen=True)
class Cleaning:
    """How a site cleans: whether a bed that was left waits, when that is overdue, and when it is forgotten."""

    after_leaving: bool
    overdue: timedelta
    forgotten: timedelta
    after_closed_for: tuple[str, ...]


@dataclass(frozen=True)
class Settings:
    """All of `placing.toml`. Ages in years, dependency in levels of care (0 to 3)."""

    cleaning: Cleaning
    cleaning_at: Mapping[str, Cleaning]
    hold: timedelta
    hold_elsewhere: timedelta
    hold_longest: timedelta
    hold_soon: timedelta
    sexes_mixed_by_reason_in: tuple[str, ...]
    child_below: int
    adult_from: int
    high_from: int
    critical_only_from: int
    high_at_most: Mapping[str, int]
    maternity: tuple[str, ...]
    critical: tuple[str, ...]
    outliers_to: Mapping[str, tuple[str, ...]]
    usual_hospital: Mapping[str, str]

    def cleaning_of(self, site: str) -> Cleaning:
        """How a site cleans."""
        return self.cleaning_at.get(site, self.cleaning)

    def hospital_of(self, postcode: str) -> str | None:
        """The site to which people from a postcode usually come; None outside the system. Empty: `""`, not known.

        >>> some = load("norfolk-waveney")
        >>> some.hospital_of("NR4 7UY"), some.hospital_of("nr316la"), some.hospital_of("SW1A 1AA"), some.hospital_of("")
        ('RM102', 'RGP75', None, '')
        """
        district = outward(postcode)
        return self.usual_hospital.get(district) if district else ""


def outward(postcode: str) -> str:
    """The district of a postcode, without the letter that some have at its end; empty if it is none.

    >>> outward("NR31 6LA"), outward("nr46lb"), outward("EC1A 1BB"), outward("PE30"), outward("not known")
    ('NR31', 'NR4', 'EC1', 'PE30', '')
    """
    text = postcode.strip().upper()
    if " " not in text and len(text) > 4:
        text = f"{text[:-3]} {text[-3:]}"
    found = _OUTWARD.match(text)
    return f"{found[1]}{found[2]}" if found else ""


@cache
def load(system: str) -> Settings:
    """The settings of a system. UserError, with the key's place, if they are wrong."""
    return read(system_dir(system) / "placing.toml")


def read(path: Path) -> Settings:
    """The settings of one file."""
    if not path.is_file():
        raise UserError(f"{path} is missing: without it no bed can be placed into. See docs/beds-now.md for its keys.")
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}.") from None
    return _Reader(path.name, document).settings()


class _Reader:
    def __init__(self, name: str, document: dict[str, Any]) -> None:
        self.name = name
        self.document = document

    def settings(self) -> Settings:
        tables = ("cleaning", "hold", "sex", "age", "dependency", "specialty", "usual_hospital")
        self._known("", self.document, tables, required=True)
        raw = self.document["cleaning"]
        sites = {site: table for site, table in raw.items() if site not in _CLEANING}
        self._known("cleaning", raw, (*_CLEANING, *sites))
        usual = Cleaning(
            self._bool("cleaning.after_leaving"),
            timedelta(minutes=self._whole("cleaning.overdue_minutes")),
            timedelta(days=self._whole("cleaning.forgotten_days")),
            self._texts("cleaning.after_closed_for"),
        )
        self._known("hold", self.document["hold"], ("minutes", "minutes_elsewhere", "longest_minutes", "soon_minutes"))
        self._known("sex", self.document["sex"], ("overruled_in",))
        self._known("age", self.document["age"], ("child_below", "adult_from"))
        self._known("dependency", self.document["dependency"], ("high_from", "critical_only_from", "most"))
        self._known("dependency.most", self.document["dependency"].get("most", {}), KINDS)
        self._known("specialty", self.document["specialty"], ("maternity", "critical", "outliers_to"))
        kinds = self._texts("sex.overruled_in")
        if strange := set(kinds) - set(KINDS):
            raise UserError(f"{self.name}, sex.overruled_in: {min(strange)!r} is none of {', '.join(KINDS)}.")
        outliers = self.document["specialty"].get("outliers_to", {})
        return Settings(
            cleaning=usual,
            cleaning_at={site: self._cleaning(site, table, usual) for site, table in sites.items()},
            hold=timedelta(minutes=self._whole("hold.minutes")),
            hold_elsewhere=timedelta(minutes=self._whole("hold.minutes_elsewhere")),
            hold_longest=timedelta(minutes=self._whole("hold.longest_minutes")),
            hold_soon=timedelta(minutes=self._whole("hold.soon_minutes")),
            sexes_mixed_by_reason_in=kinds,
            child_below=self._whole("age.child_below"),
            adult_from=self._whole("age.adult_from"),
            high_from=self._whole("dependency.high_from"),
            critical_only_from=self._whole("dependency.critical_only_from"),
            high_at_most={
                kind: self._whole(f"dependency.most.{kind}", least=0) for kind in self.document["dependency"]["most"]
            },
            maternity=self._texts("specialty.maternity"),
            critical=self._texts("specialty.critical"),
            outliers_to={group: self._texts(f"specialty.outliers_to.{group}") for group in outliers},
            usual_hospital=self._districts(),
        )

    def _cleaning(self, site: str, table: dict[str, Any], usual: Cleaning) -> Cleaning:
        where = f"cleaning.{site}"
        if not isinstance(table, dict):
            raise UserError(f"{self.name}, {where}: it must be a table of a site's own keys.")
        self._known(where, table, _CLEANING)
        made = usual
        if "after_leaving" in table:
            made = replace(made, after_leaving=self._bool(f"{where}.after_leaving"))
        if "overdue_minutes" in table:
            made = replace(made, overdue=timedelta(minutes=self._whole(f"{where}.overdue_minutes")))
        if "forgotten_days" in table:
            made = replace(made, forgotten=timedelta(days=self._whole(f"{where}.forgotten_days")))
        if "after_closed_for" in table:
            made = replace(made, after_closed_for=self._texts(f"{where}.after_closed_for"))
        return made

    def _districts(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for site in self.document["usual_hospital"]:
            for text in self._texts(f"usual_hospital.{site}"):
                match = _DISTRICT.match(text)
                if match is None:
                    raise UserError(f"{self.name}, usual_hospital.{site}: {text!r} is no district or range of them.")
                first, last = int(match[2]), int(match[3] or match[2])
                for number in range(first, last + 1):
                    other = found.setdefault(f"{match[1]}{number}", site)
                    if other != site:
                        raise UserError(
                            f"{self.name}: {match[1]}{number} usually goes to {other} and to {site}. Name it once."
                        )
        return found

    def _known(self, where: str, table: Any, keys: tuple[str, ...], *, required: bool = False) -> None:
        place = f"{self.name}, {where}" if where else self.name
        if not isinstance(table, dict):
            raise UserError(f"{place}: it must be a table.")
        if strange := sorted(set(table) - set(keys)):
            raise UserError(f"{place}: {strange[0]!r} is not known here. Known: {', '.join(keys)}.")
        if required and (missing := [key for key in keys if key not in table]):
            raise UserError(f"{place}: [{missing[0]}] is missing.")

    def _value(self, where: str) -> Any:
        table: Any = self.document
        for key in where.split("."):
            table = table.get(key) if isinstance(table, dict) else None
        if not isinstance(table, dict) or set(table) != {"value", "source", "certainty"}:
            raise UserError(f"{self.name}, {where}: give it as a table of value, source and certainty.")
        if table["certainty"] not in CERTAINTIES or not table["source"]:
            raise UserError(f"{self.name}, {where}: certainty must be one of {', '.join(CERTAINTIES)}, with a source.")
        return table["value"]

    def _bool(self, where: str) -> bool:
        value = self._value(where)
        if not isinstance(value, bool):
            raise UserError(f"{self.name}, {where}: {value!r} is neither true nor false.")
        return value

    def _whole(self, where: str, least: int = 1) -> int:
        value = self._value(where)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= 1_000_000:
            raise UserError(f"{self.name}, {where}: {value!r} is no whole number from {least}.")
        return value

    def _texts(self, where: str) -> tuple[str, ...]:
        value = self._value(where)
        if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
            raise UserError(f"{self.name}, {where}: it must be a list of texts.")
        return tuple(value)
