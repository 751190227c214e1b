"""Names of wards, sites and organisations, and which wards owe reviews: the ward map in the words of pages."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path

from wherry.flow.discharge import settings as rules
from wherry.flow.discharge.settings import Settings
from wherry.paths import system_dir, systems_dir
from wherry.reference import wards as ward_map
from wherry.reference.system import System, load
from wherry.reference.wards import Ward
from wherry.web import snapshot as snapshots

#: For how long the system is not looked up again: pages ask for it once a patient.
KEPT_SECONDS = 2.0
_kept: list[tuple[float, System]] = []


def system() -> System:
    """The system that live pages are about: the snapshot's, or before the first build the first folder of systems."""
    now = time.monotonic()
    if _kept and now - _kept[0][0] < KEPT_SECONDS:
        return _kept[0][1]
    found = snapshots.system() or load(_first())
    _kept[:] = [(now, found)]
    return found


def settings() -> Settings:
    """The rules of discharge in force for the system."""
    return rules.load(_folder(system().name))


def wards() -> dict[str, Ward]:
    """Wards by `SITE|WARD`."""
    return _wards(system().name)


def general(site: str, ward: str) -> bool:
    """Whether a ward is an adult general and acute one: there reviews are owed, and 92% is about its beds."""
    found = wards().get(f"{site}|{ward}")
    return found is not None and found.general_and_acute


def ward_words(site: str, ward: str) -> str:
    """A ward's name, or its code where the map does not know it."""
    found = wards().get(f"{site}|{ward}")
    return found.words if found else ward


def site_words(site: str) -> str:
    """A site's name, or its code."""
    found = system().site(site)
    return found.name if found else site


def organisation_words(code: str) -> str:
    """An organisation's short name; nobody where there is none."""
    return system().short_name(code) if code else "nobody"


def owners() -> list[str]:
    """Every organisation that may own a task: trusts, community, councils with social care, voluntary partners."""
    from wherry.flow.discharge.places import councils

    partners = [code for code in settings().owners.values() if code]
    return list(dict.fromkeys([*system().trusts, *partners, *councils()]))


@cache
def _first() -> str:
    return min(path.parent.name for path in systems_dir().glob("*/system.toml"))


@cache
def _folder(name: str) -> Path:
    return system_dir(name)


@cache
def _wards(name: str) -> dict[str, Ward]:
    return {ward.key: ward for ward in ward_map.load(name)}
