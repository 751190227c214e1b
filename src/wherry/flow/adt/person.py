"""What all events of a patient number add up to, and which numbers are one person (A40).

Merges are a function of the set of A40 messages: they are read in the order in which they were recorded, a later one
about the same number that ends outdoes the earlier, and one that would close a ring is left waiting. Without a message
both numbers stand again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from wherry.flow.adt.model import Event, PersonState
from wherry.flow.adt.standing import in_order
from wherry.flow.adt.visit import person_details


@dataclass(frozen=True)
class Merges:
    """`became` has the next number of each that ended; `refused` why a message (its place in the input) waits."""

    became: Mapping[str, str]
    refused: Mapping[int, str]

    def person(self, key: str) -> str:
        """The number that a number is by now.

        >>> Merges({"RM1|1": "RM1|2", "RM1|2": "RM1|3"}, {}).person("RM1|1")
        'RM1|3'
        """
        while key in self.became:
            key = self.became[key]
        return key


def merges(events: Iterable[Event]) -> Merges:
    """What A40 events add up to, in any order and with any repetition."""
    given = list(events)
    became: dict[str, str] = {}
    why: dict[int, str] = {}
    for event in in_order(given):
        ends, goes_on = event.merged_key, event.patient_key
        others = {key: value for key, value in became.items() if key != ends}
        if Merges(others, {}).person(goes_on) == ends:
            what = "itself" if ends == goes_on else "a number that has itself become it"
            why[id(event)] = (
                f"Number {_local(ends)} cannot become {_local(goes_on)}: it would become {what}. Set this message "
                "aside, or take back the merge that came first."
            )
            continue
        became[ends] = goes_on
    refused: dict[int, str] = {}
    texts = {_same(event): why[id(event)] for event in given if id(event) in why}
    for place, event in enumerate(given):
        if (found := texts.get(_same(event))) is not None:
            refused[place] = found
    return Merges(became, refused)


def derive_person(patient_key: str, events: Iterable[Event], merged_into: str = "") -> PersonState:
    """What all events of one patient number add up to."""
    details = person_details(event for event in events if event.patient_key == patient_key)
    died = details.get("died_on")
    return PersonState(
        patient_key=patient_key,
        organisation=patient_key.partition("|")[0],
        details=details,
        merged_into=merged_into,
        died_on=date.fromisoformat(died) if died else None,
    )


def _same(event: Event) -> tuple[object, ...]:
    return event.recorded_at, event.sent_at, event.control_id, event.merged_key, event.patient_key


def _local(key: str) -> str:
    return key.partition("|")[2]
