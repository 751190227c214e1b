"""Where beds are: the map and settings of the system that this service runs for, sites in words, journeys by road."""

from __future__ import annotations

import time
from functools import cache

from wherry.flow.beds import BedMap, Settings
from wherry.flow.beds import settings as placing
from wherry.paths import systems_dir
from wherry.reference import system as systems
from wherry.reference import wards
from wherry.reference.wards import GENERAL_AND_ACUTE
from wherry.web import snapshot

#: Ward groups in words, in the order of tables.
GROUPS = {
    "medicine": "Medicine",
    "older": "Older people's medicine",
    "surgery": "Surgery, orthopaedics and gynaecology",
    "children": "Children's wards",
    "maternity": "Maternity",
    "critical": "Critical care",
}


_named: dict[str, tuple[float, str]] = {}


def system_name() -> str:
    """The system whose beds these are: that of the snapshot, or the first that has wards. Looked up once a second."""
    at, name = _named.get("now", (0.0, ""))
    if time.monotonic() - at > 1:
        system = snapshot.system()
        names = (path.parent.name for path in systems_dir().glob("*/wards.toml"))
        name = system.name if system is not None else min(names, default="")
        _named["now"] = (time.monotonic(), name)
    return name


def bed_map() -> BedMap:
    """Every ward and bed of the system."""
    return _map(system_name())


@cache
def _map(system: str) -> BedMap:
    return BedMap(wards.load(system))


def settings() -> Settings:
    """What the system says about cleaning, holds and placing."""
    return placing.load(system_name())


def organisation_of(site: str) -> str:
    """The organisation that a site belongs to; empty if nobody knows the site."""
    return _organisations(system_name()).get(site, "")


@cache
def _organisations(system: str) -> dict[str, str]:
    return {site.code: site.organisation for site in systems.load(system).sites}


@cache
def organisation_words(code: str) -> str:
    """An organisation's short name."""
    return systems.load(system_name()).short_name(code)


@cache
def site_words(code: str) -> str:
    """A hospital's short name; its code if nobody knows it."""
    site = systems.load(system_name()).site(code)
    return (site.short_name or site.name) if site else code


def main_site(organisation: str) -> str:
    """The hospital of an organisation that has wards; empty if it has none."""
    return next((site for site in bed_map().sites if organisation_of(site) == organisation), "")


def group_words(group: str) -> str:
    """A ward group in words."""
    return GROUPS.get(group, group.capitalize())


def is_adult(group: str) -> bool:
    """Whether a ward group's beds are adult general and acute ones."""
    return group in GENERAL_AND_ACUTE


def journeys() -> dict[tuple[str, str], float]:
    """Minutes by road between hospitals: from the place nearest to the one to the other's trust (`places.csv`)."""
    return _journeys(system_name())


@cache
def _journeys(system: str) -> dict[tuple[str, str], float]:
    found = systems.load(system)
    places = found.places.to_pylist()
    minutes: dict[tuple[str, str], float] = {}
    for code in _map(system).sites:
        site = found.site(code)
        if site is None or site.latitude is None or site.longitude is None:
            continue
        here = (site.latitude, site.longitude)
        near = min(places, key=lambda row: (row["latitude"] - here[0]) ** 2 + (row["longitude"] - here[1]) ** 2)
        for other in _map(system).sites:
            column = f"minutes_{_organisations(system).get(other, '')}"
            if other != code and near.get(column) is not None:
                minutes[code, other] = float(near[column])
    return minutes
