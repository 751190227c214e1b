"""Rows of fact tables of what people did, one function a table: groups of people and moments, never who."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

import pyarrow as pa
from django.db.models import Prefetch

from wherry.flow.unplanned.figures import Call as CallFacts
from wherry.flow.unplanned.figures import two_hours
from wherry.flow.unplanned.standing import standing
from wherry.performance.measures.facts import TABLES, Type
from wherry.performance.measures.model import AGE_BANDS
from wherry.web import snapshot
from wherry.web.components.formats import LONDON
from wherry.web.feed import clock

#: Mornings of the discharge pages that are looked at, up to yesterday.
MORNINGS = 91
_KINDS: dict[Type, pa.DataType] = {
    Type.TEXT: pa.string(),
    Type.NUMBER: pa.float64(),
    Type.FLAG: pa.bool_(),
    Type.DATE: pa.date32(),
}


def _table(name: str, rows: list[dict[str, Any]], since: date, until: date) -> pa.Table | None:
    """Rows as a table that says which days it knows all about; None without a row."""
    if not rows:
        return None
    schema = pa.schema(
        [("day", pa.date32()), *((column, _KINDS[kind]) for column, kind in TABLES[name].types.items())],
        metadata={"from": since.isoformat(), "to": until.isoformat()},
    )
    return pa.Table.from_pylist(rows, schema=schema)


def _yesterday() -> date:
    return clock.today() - timedelta(days=1)


def _day(at: datetime) -> date:
    return at.astimezone(LONDON).date()


def _band(age: int | None) -> str:
    if age is None or age < 0:
        return ""
    return next((band for band in AGE_BANDS[:-1] if age <= int(band.split("-")[1])), AGE_BANDS[-1])


def _years(born: date | None, on: date) -> int | None:
    return None if born is None else on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _owners() -> dict[str, str]:
    system = snapshot.system()
    return {site.code: site.organisation for site in system.sites} if system is not None else {}


def offers() -> pa.Table | None:
    """`offer`: offers by the day on which they were made."""
    from wherry.web.offers.models import Offer, State

    offers = list(Offer.objects.exclude(offered_on=None))
    people = _people({offer.person_key for offer in offers})
    answers = (State.ACCEPTED, State.TRANSFERRED, State.RECEIVED, State.DECLINED)
    rows = []
    for offer in offers:
        accepted = offer.answer == "yes" or offer.state in answers[:3]
        stays = offer.answer == "stay" or offer.state == State.DECLINED
        about = people.get(offer.person_key, {})
        rows.append(
            {
                "day": offer.offered_on,
                "organisation": offer.from_organisation,
                "answered": accepted or stays,
                "accepted": accepted,
                "chose_to_wait": stays,
                "withdrawn": offer.state == State.WITHDRAWN and not (accepted or stays),
                "moved": offer.state == State.RECEIVED,
                "kind": offer.origin,
                "to_organisation": offer.to_organisation,
                "treatment_function": offer.treatment_function,
                "weeks_sooner": offer.weeks_sooner,
                "days_to_answer": (offer.answered_on - offer.offered_on).days
                if offer.answered_on and offer.offered_on
                else None,
                "age_band": _band(_years(about.get("birth_date"), offer.offered_on or clock.today())),
                "sex": about.get("sex") or "X",
                "ethnicity": about.get("ethnicity", "Not known"),
                "imd_quintile": about.get("imd_quintile", ""),
                "place": about.get("place", ""),
            }
        )
    # Before the first offer there was none: its month is whole.
    first = min((row["day"] for row in rows), default=clock.today())
    last = snapshot.today() if snapshot.is_artificial() else _yesterday()
    return _table("offer", rows, first.replace(day=1), max(last, first))


def _people(keys: set[str]) -> dict[str, dict[str, Any]]:
    """Groups of some people, and birth dates for their age, from the snapshot."""
    import pyarrow.compute as pc

    from wherry.performance.measures.counting.people import group_of

    held, system = snapshot.current(), snapshot.system()
    if held is None or system is None or not keys:
        return {}
    columns = ["person_key", "birth_date", "sex", "ethnic_category", "lsoa", "imd_decile"]
    rows: Any = held.arrow("person", columns)
    rows = rows.filter(pc.is_in(rows["person_key"], value_set=pa.array(sorted(keys))))
    districts: Mapping[str, str] = {}
    if (system.folder / "places.csv").is_file() and "district_code" in system.places.column_names:
        names, codes = system.places["lsoa"].to_pylist(), system.places["district_code"].to_pylist()
        districts = {str(name): str(code) for name, code in zip(names, codes, strict=True)}
    return {
        row["person_key"]: {
            "birth_date": row["birth_date"],
            "sex": row["sex"],
            "ethnicity": group_of(row["ethnic_category"]),
            "imd_quintile": "" if row["imd_decile"] is None else str((row["imd_decile"] + 1) // 2),
            "place": districts.get(row["lsoa"] or "", ""),
        }
        for row in rows.to_pylist()
    }


def handovers() -> pa.Table | None:
    """`handover`: ambulances handed over, by hospital; doubtful times are left out."""
    from wherry.flow.emergency.limits import limits
    from wherry.web.emergency.models import AmbulanceIncident

    owners, doubtful = _owners(), limits(clock.today()).handover_doubtful
    known = AmbulanceIncident.objects.exclude(arrived_hospital_at=None).exclude(handed_over_at=None)
    rows: list[dict[str, Any]] = []
    for arrived, handed, site in known.values_list("arrived_hospital_at", "handed_over_at", "site"):
        if arrived is None or handed is None or site not in owners or not timedelta() <= handed - arrived <= doubtful:
            continue
        minutes = (handed - arrived) / timedelta(minutes=1)
        rows.append({"day": _day(arrived), "organisation": owners[site], "minutes": minutes, "site": site})
    first = min((row["day"] for row in rows), default=clock.today())
    return _table("handover", rows, first + timedelta(days=1), _yesterday())


def discharge_days() -> pa.Table | None:
    """`discharge_day`: who no longer met the criteria to reside, each morning, as reviews have it."""
    from wherry.web.discharge import measures
    from wherry.web.discharge.models import Act

    begun = Act.objects.filter(kind="review").order_by("at").values_list("at", flat=True).first()
    if begun is None:
        return None
    first, last = max(_day(begun) + timedelta(days=1), clock.today() - timedelta(days=MORNINGS)), _yesterday()
    owners = _owners()
    rows: list[dict[str, Any]] = []
    for found in measures.mornings(last, (last - first).days + 1, clock.now()):
        for site, occupied in found.occupied.items():
            if site in owners and found.reviewed.get(site):
                rows.append(
                    {
                        "day": _day(found.at),
                        "organisation": owners[site],
                        "ready": found.nctr.get(site, 0),
                        "reviewed": found.reviewed[site],
                        "occupied": occupied,
                        "site": site,
                    }
                )
    return _table("discharge_day", rows, first, last)


def virtual_days() -> pa.Table | None:
    """`virtual_day`: people and places of every virtual ward, each morning."""
    from wherry.web.virtual.common import capacity
    from wherry.web.virtual.models import Outcome, Staffed, WardStay

    stays = list(
        WardStay.objects.exclude(outcome=Outcome.MISTAKE).values_list("provider", "pathway", "began_at", "ended_at")
    )
    if not stays:
        return None
    staffed: dict[tuple[str, str], list[tuple[date, int]]] = {}
    for row in Staffed.objects.order_by("from_on", "pk"):
        staffed.setdefault((row.provider, row.pathway), []).append((row.from_on, row.places))
    first, last = _day(min(began for _, _, began, _ in stays)) + timedelta(days=1), _yesterday()
    rows: list[dict[str, Any]] = []
    for day in _days(first, last):
        at = datetime.combine(day, time(8), LONDON)
        there = Counter(
            (who, path) for who, path, began, ended in stays if began <= at and (ended is None or ended > at)
        )
        for given in capacity().rows:
            key = (given.provider, given.pathway)
            changed = [places for since, places in staffed.get(key, []) if since <= day]
            places = changed[-1] if changed else given.places
            rows.append(
                {
                    "day": day,
                    "organisation": given.provider,
                    "occupied": there[key],
                    "places": places,
                    "pathway": given.pathway,
                }
            )
    return _table("virtual_day", rows, first, last)


def _days(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def virtual_stays() -> pa.Table | None:
    """`virtual_stay`: stays by the day on which they ended."""
    from wherry.web.virtual.models import Direction, Outcome, WardStay

    rows: list[dict[str, Any]] = []
    first: date | None = None
    for stay in WardStay.objects.exclude(outcome=Outcome.MISTAKE).order_by("began_at"):
        first = first or _day(stay.began_at)
        if stay.ended_at is None:
            continue
        rows.append(
            {
                "day": _day(stay.ended_at),
                "organisation": stay.provider,
                "days": (stay.ended_at - stay.began_at) / timedelta(days=1),
                "to_bed": stay.outcome == Outcome.BED,
                "step_up": stay.direction == Direction.STEP_UP,
                "pathway": stay.pathway,
                "outcome": stay.outcome,
                "age_band": _band(_years(stay.birth_date, _day(stay.began_at))),
            }
        )
    return _table("virtual_stay", rows, (first or clock.today()) + timedelta(days=1), _yesterday())


def calls() -> pa.Table | None:
    """`call`: calls that were offered to a hub."""
    from wherry.web.unplanned.models import Call, CallAct
    from wherry.web.unplanned.selectors import age, dones, settings

    known, now = settings(), clock.now()
    acts = Prefetch("acts", CallAct.objects.order_by("sequence"), to_attr="done")
    rows: list[dict[str, Any]] = []
    for call in Call.objects.filter(ever_offered=True, called_at__lte=now).prefetch_related(acts):
        done = dones(call.done)
        at = standing(done, now)
        said = two_hours([CallFacts(str(call.pk), call.condition, done)], known, now)
        outcome = known.outcomes.get(at.outcome)
        visit = next((act.happened_at or act.at for act in done if act.act == "attend"), None)
        seen = at.offered_at is not None and visit is not None and visit >= at.offered_at
        rows.append(
            {
                "day": _day(call.called_at),
                "organisation": call.to_organisation,
                "accepted": any(act.act == "accept" for act in done),
                "two_hour": bool(said.of),
                "within_two_hours": bool(said.count),
                "conveyed": outcome.conveyed if outcome is not None and at.state == "closed" else None,
                "minutes_to_contact": (visit - at.offered_at) / timedelta(minutes=1)
                if seen and visit is not None and at.offered_at is not None
                else None,
                "source": call.source,
                "age_band": _band(age(call, _day(call.called_at))),
            }
        )
    first = min((row["day"] for row in rows), default=clock.today())
    return _table("call", rows, first + timedelta(days=1), _yesterday())
