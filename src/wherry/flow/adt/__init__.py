"""ADT messages of the live feed: read (`hl7v2`, `fhir`), and what they add up to (`derive`, `merges`)."""

from __future__ import annotations

from wherry.flow.adt.er7 import ReadError
from wherry.flow.adt.model import Event, Location, PersonState, Stay, VisitState
from wherry.flow.adt.person import derive_person, merges
from wherry.flow.adt.visit import derive

__all__ = [
    "Event",
    "Location",
    "PersonState",
    "ReadError",
    "Stay",
    "VisitState",
    "derive",
    "derive_person",
    "merges",
]
