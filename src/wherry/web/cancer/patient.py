"""Everything about one cancer pathway, for somebody who may see it: the snapshot's rows and what people have done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wherry.waiting.cancer.derive import journey_of
from wherry.waiting.cancer.journey import Journey
from wherry.waiting.cancer.rules import Concern, TimedPathway, TimedPathways, concerns, timed_pathways
from wherry.waiting.cancer.sentences import clock_sentence
from wherry.waiting.cancer.streaming import Option, options
from wherry.waiting.offer_rules import road_miles
from wherry.web.cancer import rules
from wherry.web.cancer.kept import Kept, kept_of
from wherry.web.cancer.models import Act
from wherry.web.cancer.selectors import CancerList
from wherry.web.cancer.services import Subject

Row = dict[str, Any]


@dataclass(frozen=True)
class Patient:
    """One pathway as its page needs it."""

    key: str
    row: Row
    sent: Row
    journey: Journey
    plan: TimedPathway
    timed: TimedPathways
    clocks: tuple[str, ...]
    concerns: tuple[Concern, ...]
    streaming: list[Option]
    acts: list[Act]
    subject: Subject

    @property
    def undone(self) -> set[int]:
        """Acts that were taken back."""
        standing = {act.pk for act in rules.standing(self.acts)}
        return {act.pk for act in self.acts if act.pk not in standing and act.undoes_id is None}


def find(listing: CancerList, key: str) -> Patient | None:
    """The pathway, or None if there is none of that key in the person's scope."""
    row = listing.row(key)
    if row is None:
        return None
    kept = kept_of(listing.snapshot)
    census = listing.snapshot.census
    sent = kept.sent(key) or {**row, "source": row["organisation"]}
    timed = timed_pathways(kept.system.folder)
    way = journey_of(sent, kept.events(key), kept.system, census)
    tracking = row["tracking"]
    known = concerns()
    clocks = ("fds", "d31", "d62")
    return Patient(
        key=key,
        row=row,
        sent=sent,
        journey=way,
        plan=timed.of(row["tumour_group"], census),
        timed=timed,
        clocks=tuple(clock_sentence(c, row[f"{c}_wait"], row[f"{c}_status"], census) for c in clocks),
        concerns=tuple(known[code] for code in row["concerns"].split(";") if code in known),
        streaming=_streaming(listing, kept, row, way, timed),
        acts=list(tracking.acts.select_related("undoes")) if tracking else [],
        subject=Subject(key, row["organisation"], row["start_on"], listing.snapshot.id),
    )


def _streaming(listing: CancerList, kept: Kept, row: Row, way: Journey, timed: TimedPathways) -> list[Option]:
    """Where the next step could be done, if it takes a place somewhere and the patient is tracked."""
    if way.next is None or not row["tracked"]:
        return []
    need = timed.of(row["tumour_group"], listing.snapshot.census).needs.get(way.next.code)
    if need is None:
        return []
    home = kept.home(row["lsoa"])

    def miles(code: str) -> float | None:
        site = kept.system.site(code)
        return road_miles(home, (site.latitude, site.longitude), listing.today) if home and site else None

    booked = way.next.planned_for
    ahead = booked if booked is not None and booked >= listing.today else None
    return options(need, row["complexity"], kept.capacity(need), kept.system.services, miles, listing.today, ahead)
