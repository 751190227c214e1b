"""Beds: what each one is at any moment, how full the wards are, and who may lie where. Rules only, no storage."""

from __future__ import annotations

from wherry.flow.beds.model import BedMap, Happening, Hold, Lying, Need
from wherry.flow.beds.placing import Finding, judge, verdict
from wherry.flow.beds.position import Tally, free_kinds, tallies
from wherry.flow.beds.settings import Settings, load, read
from wherry.flow.beds.state import BedState, Picture, picture
from wherry.flow.beds.suggest import Suggestion, suggest

__all__ = [
    "BedMap",
    "BedState",
    "Finding",
    "Happening",
    "Hold",
    "Lying",
    "Need",
    "Picture",
    "Settings",
    "Suggestion",
    "Tally",
    "free_kinds",
    "judge",
    "load",
    "picture",
    "read",
    "suggest",
    "tallies",
    "verdict",
]
