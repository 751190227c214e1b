"""A small hospital made by hand for the rules of beds: a ward of each kind, and people to put there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from wherry.flow.beds import BedMap, Happening, Lying, Need, Settings, load
from wherry.reference.wards import Bed, Kind, Ward

T0 = datetime(2026, 7, 14, 12, 0, tzinfo=UTC)


def ward(site: str, code: str, kind: Kind, group: str, takes: tuple[str, ...], *bays: str) -> Ward:
    """A ward from bays as `wards.toml` writes them."""
    made: list[Bed] = []
    for text in bays:
        bay, count, who = text.split(":")
        made += [
            Bed(f"{site}|{code}|{bay}|{n}", site, code, bay, n, who)  # type: ignore[arg-type]
            for n in range(1, int(count) + 1)
        ]
    return Ward(site, code, f"Ward {code}", kind, group, takes, tuple(made), "made for a test")


MAP = BedMap(
    (
        ward("N1", "M1", "ward", "medicine", ("300",), "A:3:female", "C:3:male", "S:2:single"),
        ward("N1", "M2", "ward", "medicine", ("340", "300"), "A:2:female"),
        ward("N1", "S1", "ward", "surgery", ("100",), "A:2:male", "S:1:single"),
        ward("N1", "AMU", "assessment", "medicine", ("300",), "A:3:female"),
        ward("N1", "C1", "ward", "children", ("420",), "A:2:any"),
        ward("N1", "B1", "ward", "maternity", ("501",), "A:2:female"),
        ward("N1", "CCU", "critical", "critical", ("192",), "A:2:any"),
        ward("N1", "ESC", "escalation", "medicine", ("300",), "A:2:female"),
        ward("N1", "ED", "emergency", "emergency", ("180",), "MAJORS:4:any"),
        ward("N1", "DL", "lounge", "lounge", (), "A:2:any"),
        ward("G1", "M1", "ward", "medicine", ("300",), "A:2:female", "C:2:male"),
    )
)


def settings() -> Settings:
    """Those of the artificial system."""
    return load("norfolk-waveney")


def need(key: str, sex: str = "female", **more: Any) -> Need:
    """Somebody of 80 for general medicine, without an infection, at N1."""
    facts: dict[str, Any] = {"age": 80, "infection": "none", "side_room": False, "dependency": 1, "specialty": "300"}
    return Need(key, identity=key, sex=sex, method="emergency", site="N1", **(facts | more))


def lies(who: Need, bed_key: str, hours: float = 5, until: float | None = None) -> Lying:
    """Somebody in a bed (or on a ward) since so many hours before `T0`, until so many before, if they have left."""
    parts = bed_key.split("|")
    return Lying(
        who,
        "|".join(parts[:2]),
        bed_key if len(parts) == 4 else "",
        T0 - timedelta(hours=hours),
        None if until is None else T0 - timedelta(hours=until),
    )


def did(bed_key: str, act: str, hours: float = 1, why: str = "", number: int = 0) -> Happening:
    """Something that happened to a bed so many hours before `T0`."""
    at = T0 - timedelta(hours=hours)
    return Happening(bed_key, act, at, at, number, why)
