"""Beds for a patient across hospitals, in an order that says why: no score, one comparison after the other.

The order: within every rule before what must be overruled; their own hospital before another; a ward for their
specialty, one that takes it, one of their ward group, an outlier's; a bay before a single room unless they need one;
clean before waiting to be cleaned; staffed before extra; the shorter journey; the order of the map.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wherry.flow.beds.model import CORE, BedMap, Need
from wherry.flow.beds.placing import Finding, Verdict, judge, verdict, ward_group
from wherry.flow.beds.settings import Settings
from wherry.flow.beds.state import BedState, Picture
from wherry.reference.wards import Ward

#: The order in words, for the page.
ORDER = (
    "beds within every rule come before those where a rule must be overruled",
    "their own hospital before another",
    "a ward for their specialty, then one that takes it, then others of the ward group, then outliers",
    "a bay before a single room, unless they need a room of their own",
    "clean before waiting to be cleaned",
    "staffed beds before extra ones",
    "the shorter journey",
)


@dataclass(frozen=True)
class Suggestion:
    """One bed with what the rules say, and why it stands where it does in the order."""

    state: BedState
    verdict: Verdict
    findings: tuple[Finding, ...]
    because: tuple[str, ...]
    place: tuple[int, ...]
    minutes: float | None

    @property
    def overrule(self) -> tuple[Finding, ...]:
        """What a named person must overrule, with a reason."""
        return tuple(one for one in self.findings if one.verdict == "warns")


def suggest(
    beds: BedMap,
    picture: Picture,
    settings: Settings,
    need: Need,
    minutes: Mapping[tuple[str, str], float],
) -> tuple[list[Suggestion], list[Suggestion]]:
    """Beds that may be had, best first, and those that nobody has but which the rules refuse.

    `minutes` are journeys by road between sites. Beds with somebody in them, closed, held or shut are left out.
    """
    had: list[Suggestion] = []
    refused: list[Suggestion] = []
    for number, (key, state) in enumerate(picture.beds.items()):
        if state.status not in ("free", "cleaning"):
            continue
        findings = judge(beds, picture, settings, need, key)
        said = verdict(findings)
        place, because = _why(beds, settings, need, state, said)
        far = minutes.get((need.site, state.bed.site)) if state.bed.site != need.site else 0.0
        journey = round(far) if far is not None else 10_000
        made = Suggestion(state, said, findings, because, (*place, journey, number), far)
        (refused if said == "refused" else had).append(made)
    had.sort(key=lambda one: one.place)
    refused.sort(key=lambda one: one.place)
    return had, refused


def _why(
    beds: BedMap, settings: Settings, need: Need, state: BedState, said: Verdict
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    own = state.bed.site == need.site
    rank, suits = _suits(beds, settings, need, state.ward)
    alone = need.infectious or bool(need.side_room)
    single = state.bed.who == "single"
    room = "a room of their own" if single and alone else "a single room" if single else "a bay"
    clean, core = state.unclean_since is None, state.ward.kind in CORE
    place = (
        *({"allowed": 0, "warns": 1, "refused": 2}[said], 0 if own else 1, rank, 0 if single == alone else 1),
        *(0 if clean else 1, 0 if core else 1),
    )
    because = (
        *("their own hospital" if own else "another hospital", suits, room),
        *("clean" if clean else "waits to be cleaned", *(() if core else ("an extra bed",))),
    )
    return place, because


def _suits(beds: BedMap, settings: Settings, need: Need, ward: Ward) -> tuple[int, str]:
    """How a ward suits a specialty: 0 to 3, and in words."""
    group = ward_group(beds, settings, need)
    if need.specialty and ward.takes[:1] == (need.specialty,):
        return 0, "a ward for their specialty"
    if ward.group == group and (need.specialty in ward.takes or group in ("children", "maternity", "critical")):
        return 1, "a ward that takes their specialty"
    if ward.group == group:
        return 2, "a ward of their group"
    return 3, "another group's ward"
