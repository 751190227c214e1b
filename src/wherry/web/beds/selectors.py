"""What every bed is, from the database: for now, kept for half a second, and for any past moment.

The picture of now is made from the stays that last, the latest leaving and the latest happening of each bed, and the
holds that last. It is the same as that of the whole history (`flow.beds.picture`), which a test holds it to.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Case, Exists, F, Max, OuterRef, Q, QuerySet, When, Window
from django.db.models.functions import RowNumber

from wherry.flow.beds import Happening, Hold, Lying, Need, Picture, picture
from wherry.web.beds import places
from wherry.web.beds.models import BedAct, BedEvent, Placing
from wherry.web.components import live
from wherry.web.feed import clock
from wherry.web.feed.models import Change, Patient, Stay, Visit

LONDON = ZoneInfo("Europe/London")
_NEED = ("person_key", "infection", "side_room", "dependency", "specialty", "admission_method", "site", "bed_key")
_BATCH = 900
#: The picture is made again so often even if nothing changed: beds become overdue and holds run out.
_AGAIN_SECONDS = 20


@dataclass(frozen=True)
class Now:
    """The picture of now, the change numbers that it was made after, when (`time.monotonic`), and how long it took."""

    picture: Picture
    changes: Mapping[str, int]
    made: float
    took: float

    def version(self, organisations: Iterable[str] | None = None) -> int:
        """How often something had changed at these organisations (or anywhere) when it was made."""
        wanted = self.changes if organisations is None else organisations
        return sum(self.changes.get(organisation, 0) for organisation in wanted)

    def enough(self) -> bool:
        """Whether it is young enough for a page that asks by itself."""
        return time.monotonic() - self.made < min(
            live.YOUNG_AT_MOST, max(live.YOUNG_SECONDS, live.YOUNG_TIMES * self.took)
        )


class _Kept:
    """The picture of now, made once however many ask."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.now: Now | None = None


_kept = _Kept()


def forget() -> None:
    """Throw the kept picture away."""
    with _kept.lock:
        _kept.now = None


def now(*, young: bool = False) -> Picture:
    """Every bed now. A page that asks by itself is content with a `young` picture."""
    return kept(young=young).picture


def kept(*, young: bool = False) -> Now:
    """Every bed now and how new that is, made again when something changed or it is no longer `young`."""
    with _kept.lock:
        found = _kept.now
        if found is not None and young and found.enough():
            return found
        numbers = dict(Change.objects.values_list("organisation", "version"))
        began = time.monotonic()
        if found is None or found.changes != numbers or began - found.made > _AGAIN_SECONDS:
            picture = at(clock.now())
            found = _kept.now = Now(picture, numbers, began, time.monotonic() - began)
        return found


def at(moment: datetime) -> Picture:
    """Every bed at a moment, now or in the past."""
    beds, settings = places.bed_map(), places.settings()
    longest = max([settings.cleaning.forgotten, *(one.forgotten for one in settings.cleaning_at.values())])
    here = lying(moment)
    occupied = {one.bed_key for one in here}
    empty = [bed.key for ward in beds.bed_wards for bed in ward.beds if bed.key not in occupied]
    return picture(
        beds,
        settings,
        lying=[*here, *_left(empty, moment, longest)],
        happenings=_happenings(empty, moment, longest),
        holds=holds(moment),
        at=moment,
    )


def lying(moment: datetime) -> list[Lying]:
    """Everybody who is somewhere at a moment, in beds, departments and lounges."""
    names = ("visit_id", "site", "ward", "bed_key", "from_at", "to_at", *(f"visit__{name}" for name in _NEED))
    names += ("visit__last_recorded_at",)
    lasting = Stay.objects.filter(to_at=None).values_list(*names)
    ended = Stay.objects.filter(to_at__gt=moment, from_at__lte=moment).values_list(*names)
    rows = [row for row in (*lasting, *ended) if row[4] <= moment]
    people = _patients({row[6] for row in rows})
    on = moment.astimezone(LONDON).date()
    found = []
    for visit, site, ward, bed, from_at, to_at, *facts, told_at in rows:
        values = dict(zip(_NEED, facts, strict=True)) | {"site": site, "bed_key": bed}
        need = need_of(visit, values, people.get(values["person_key"]), on)
        found.append(Lying(need, f"{site}|{ward}", bed, from_at, to_at, told_at))
    return found


def need_of(visit_key: str, values: Mapping[str, Any], person: tuple[Any, ...] | None, on: date) -> Need:
    """What matters for a bed about one visit. `person` is (sex, birth date, NHS number, postcode)."""
    sex, born, nhs_number, postcode = person or ("", None, "", "")
    dependency = str(values["dependency"])
    return Need(
        visit_key=visit_key,
        identity=nhs_number or values["person_key"],
        sex=sex if sex in ("female", "male") else "",
        age=age_on(born, on),
        infection=values["infection"],
        side_room={"yes": True, "no": False}.get(values["side_room"]),
        dependency=int(dependency) if dependency.isdecimal() else None,
        specialty=values["specialty"],
        method=values["admission_method"],
        site=values["site"],
        bed_key=values["bed_key"],
        postcode=postcode,
    )


def age_on(born: date | None, on: date) -> int | None:
    """Age in whole years on a day.

    >>> age_on(date(1946, 3, 9), date(2026, 3, 8)), age_on(date(1946, 3, 9), date(2026, 3, 9)), age_on(None, date.max)
    (79, 80, None)
    """
    return None if born is None else on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def needs(visit_keys: Iterable[str], on: date) -> dict[str, Need]:
    """What matters for a bed about some visits."""
    rows = [row for part in _parts(visit_keys) for row in Visit.objects.filter(pk__in=part).values("key", *_NEED)]
    people = _patients({row["person_key"] for row in rows})
    return {row["key"]: need_of(row["key"], row, people.get(row["person_key"]), on) for row in rows}


def _patients(keys: Iterable[str]) -> dict[str, tuple[Any, ...]]:
    found: dict[str, tuple[Any, ...]] = {}
    for part in _parts(keys):
        rows = Patient.objects.filter(pk__in=part)
        for key, *facts in rows.values_list("pk", "sex", "birth_date", "nhs_number", "postcode"):
            found[key] = tuple(facts)
    return found


def _parts(keys: Iterable[str]) -> Iterable[list[str]]:
    """Keys in parts that every database takes in one question."""
    every = sorted(set(keys))
    return (every[first : first + _BATCH] for first in range(0, len(every), _BATCH))


def _left(empty: Iterable[str], moment: datetime, longest: timedelta) -> list[Lying]:
    """The latest leaving of each empty bed, as a stay that ended."""
    nobody = Need("")
    rows = [
        row
        for part in _parts(empty)
        for row in Stay.objects.filter(bed_key__in=part, to_at__lte=moment, to_at__gt=moment - longest)
        .order_by()
        .values_list("bed_key")
        .annotate(last=Max("to_at"))
    ]
    return [Lying(nobody, "|".join(key.split("|")[:2]), key, last, last) for key, last in rows]


def _happenings(empty: Iterable[str], moment: datetime, longest: timedelta) -> list[Happening]:
    """The latest of each act for each bed: closing and escalation from ever, cleaning of empty beds while it counts.

    Of closures only those are read that no later opening undid: openings by message are said after every cleaning, so
    there are many.
    """
    early = moment - longest
    usual = (BedAct.OPEN, BedAct.CLEAN_START, BedAct.CLEAN_DONE)
    events = BedEvent.objects.filter(occurred_at__lte=moment, occurred_at__gt=early, act__in=usual)
    late = [one for part in _parts(empty) for one in _last(events.filter(bed_key__in=part))]
    return [*closed_or_extra(moment), *late]


def closed_or_extra(moment: datetime) -> list[Happening]:
    """What says which beds are closed and which extra ones opened at a moment; of beds never closed it is silent."""
    events = BedEvent.objects.filter(occurred_at__lte=moment)
    later = events.filter(bed_key=OuterRef("bed_key"), act=BedAct.OPEN, occurred_at__gt=OuterRef("occurred_at"))
    closures = _last(events.filter(~Exists(later), act=BedAct.CLOSE))
    closed = {one.bed_key for one in closures}
    extra = _last(events.filter(act__in=(BedAct.ESCALATE, BedAct.STAND_DOWN)))
    opened = [one for part in _parts(closed) for one in _last(events.filter(bed_key__in=part, act=BedAct.OPEN))]
    return [*closures, *extra, *opened]


def _last(events: QuerySet[BedEvent]) -> list[Happening]:
    """The latest event of each act for each bed; what messages said and what people did count apart."""
    ordered = events.annotate(
        place=Window(
            RowNumber(),
            partition_by=[F("bed_key"), F("act"), Case(When(message_id=None, then=0), default=1)],
            order_by=[F("occurred_at").desc(), F("recorded_at").desc(), F("pk").desc()],
        )
    )
    fields = ("pk", "bed_key", "act", "occurred_at", "recorded_at", "why", "note", "made_by_name", "message_id")
    return [happening(*row) for row in ordered.filter(place=1).order_by().values_list(*fields)]


def happening(
    pk: int, bed_key: str, act: str, at: datetime, recorded: datetime, why: str, note: str, by: str, message: int | None
) -> Happening:
    """A bed event as the rules have it. A message that says that a bed is open says that it is ready too."""
    said = "free" if act == BedAct.OPEN and message is not None else act
    return Happening(bed_key, said, at, recorded, pk, why, note, by)


def holds(moment: datetime) -> list[Hold]:
    """What is held at a moment."""
    rows = list(
        Placing.objects.filter(
            Q(ended_at=None, expires_at__gt=moment) | Q(ended_at__gt=moment), made_at__lte=moment
        ).order_by("pk")
    )
    known = needs((row.visit_key for row in rows if row.visit_key), moment.astimezone(LONDON).date())
    return [hold_of(row, known.get(row.visit_key)) for row in rows]


def hold_of(row: Placing, need: Need | None) -> Hold:
    """A placing as the rules have it."""
    return Hold(
        *(row.pk, row.bed_key, row.organisation, row.from_organisation, row.visit_key, row.for_whom),
        *(row.made_at, row.expires_at, row.ended_at, row.made_by_name, need),
    )


def latest_event(bed_key: str) -> BedEvent | None:
    """The latest thing that was recorded of a bed."""
    return BedEvent.objects.filter(bed_key=bed_key).order_by("-pk").first()
