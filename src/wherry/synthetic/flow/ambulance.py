"""The ambulance service of an artificial day: those whom it brings to the departments, and everybody else who calls."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import numpy as np

from wherry.synthetic.flow.calendar import DAY, LONDON, midnight, moment
from wherry.synthetic.flow.facts import Facts
from wherry.synthetic.flow.side import AmbulanceIncident
from wherry.synthetic.streams import Streams

_COMPLAINTS = (
    *("Fall", "Unwell", "Breathing problems", "Chest pain", "Dizziness", "Abdominal pain", "Back pain"),
    *("Anxiety", "Blocked catheter", "Confusion", "Weakness", "Nose bleed"),
)


def incidents(facts: Facts, begin: int, until: int) -> list[AmbulanceIncident]:
    """Lines that become known from `begin` to before `until`, in the order in which they do."""
    first, last = _day(facts, begin), _day(facts, until)
    found = [line for row in facts.rows for line in _brought(facts, row)]
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        found += [line for whole in others(facts, date.fromordinal(ordinal)) for line in _as_known(whole)]
    found = [line for line in found if begin <= int(line.known_at.timestamp()) < until]
    return sorted(found, key=lambda line: (line.known_at, line.incident))


def _day(facts: Facts, at: int) -> date:
    return moment(min(at, facts.run.until)).astimezone(LONDON).date()


def _brought(facts: Facts, row: int) -> Iterator[AmbulanceIncident]:
    """The incident of somebody who came to a department by ambulance."""
    visits = facts.visits
    if not visits["ambulance"][row]:
        return
    rng = Streams(facts.run.seed)("flow", "incident", int(visits["uid"][row]))
    flow, person = facts.flow, facts.person[row]
    arrived = int(visits["arrived"][row])
    category = 1 + int(rng.choice(4, p=flow.shares("ambulance.categories")))
    left_scene = arrived - _minutes(rng, flow.of("ambulance.journey_minutes"))
    on_scene = left_scene - _minutes(rng, flow.of("ambulance.scene_minutes"))
    called = on_scene - _response(facts, rng, category)
    over = facts.handed_over(row)
    whole = AmbulanceIncident(
        known_at=moment(over),
        incident=facts.incident(row),
        category=category,
        called_at=moment(called),
        allocated_at=moment(called + int((on_scene - called) * (0.2 + 0.5 * rng.random()))),
        arrived_on_scene_at=moment(on_scene),
        left_scene_at=moment(left_scene),
        arrived_hospital_at=moment(arrived),
        handed_over_at=moment(over),
        closed_at=moment(over + 900),
        outcome="conveyed",
        site=flow.sites[int(visits["site"][row])].code,
        visit_key=f"{flow.sites[int(visits['site'][row])].trust}|V{facts.ordinal[row]:07d}",
        complaint=facts.complaint(row),
        age=int(visits["age"][row]),
        sex=person.sex,
        postcode=person.postcode,
        district=person.district,
    )
    yield from _as_known(whole)


def others(facts: Facts, day: date) -> list[AmbulanceIncident]:
    """Incidents called on a day that end elsewhere than in one of the departments, as they are when closed.

    So many that all together there are as many as the figures say.
    """
    flow, visits = facts.flow, facts.visits
    rng = Streams(facts.run.seed)("flow", "incidents", day.toordinal())
    start = midnight(day)
    today = (visits["arrived"] >= start) & (visits["arrived"] < start + DAY)
    brought = int((today & (visits["ambulance"] > 0)).sum())
    size = int(rng.poisson(max(flow.of("ambulance.incidents_a_day") - brought, 0)))
    hours = flow.shares("calls.hours")
    names = ("conveyed_elsewhere", "hear_and_treat", "community", "cancelled")
    shares = [flow.of(f"ambulance.{name}") for name in names]
    whole = np.array(shares) * flow.of("ambulance.incidents_a_day") / max(size, 1)
    ends = np.array([*whole, max(1 - whole.sum(), 0.05)])
    found = []
    for number in range(size):
        called = start + int((rng.choice(24, p=hours) + rng.random()) * 3600)
        category = 1 + int(rng.choice(4, p=flow.shares("ambulance.categories_others")))
        outcome = str(rng.choice(["conveyed", *names[1:], "see_and_treat"], p=ends / ends.sum()))
        on_scene = called + _response(facts, rng, category)
        left = on_scene + _minutes(rng, flow.of("ambulance.scene_minutes"))
        went = outcome in ("see_and_treat", "conveyed")
        closed = left if went else called + int(60 * (8 + 40 * rng.random()))
        trust = int(rng.integers(0, len(flow.inputs.trusts)))
        place = min(int(np.searchsorted(facts.persons.places[trust], rng.random())), len(flow.inputs.lsoa) - 1)
        inner = int(rng.integers(0, 4000))
        letters, outcode = "ABDEFGHJLNPQRSTUWXYZ", facts.persons.outcodes[place]
        found.append(
            AmbulanceIncident(
                known_at=moment(closed),
                incident=f"A{day:%y%m%d}{number:04d}",
                category=category,
                called_at=moment(called),
                allocated_at=moment(called + int((on_scene - called) * 0.5)) if went else None,
                arrived_on_scene_at=moment(on_scene) if went else None,
                left_scene_at=moment(left) if outcome == "conveyed" else None,
                arrived_hospital_at=None,
                handed_over_at=None,
                closed_at=moment(closed),
                outcome=outcome,
                site="",
                visit_key="",
                complaint=str(rng.choice(_COMPLAINTS)),
                age=int(min(max(float(rng.normal(66, 22)), 0.0), 101.0)),
                sex="female" if rng.random() < 0.54 else "male",
                postcode=f"{outcode} {inner // 400}{letters[inner % 20]}{letters[inner // 20 % 20]}",
                district=flow.inputs.place_district[place],
            )
        )
    return sorted(found, key=lambda one: one.called_at)


def _as_known(whole: AmbulanceIncident) -> Iterator[AmbulanceIncident]:
    """The lines of an incident: one each time that something of it becomes known."""
    names = (
        *("called_at", "allocated_at", "arrived_on_scene_at", "left_scene_at", "arrived_hospital_at", "handed_over_at"),
        "closed_at",
    )
    steps: list[tuple[str, datetime | None]] = [(name, getattr(whole, name)) for name in names]
    moments: list[datetime] = sorted({at for _, at in steps if at is not None})
    for at in moments:
        known = {name: value for name, value in steps if value is not None and value <= at}
        blank: dict[str, Any] = {name: None for name, _ in steps if name != "called_at" and name not in known}
        arrived = whole.arrived_hospital_at is not None and whole.arrived_hospital_at <= at
        going = whole.left_scene_at is not None and whole.left_scene_at <= at
        yield replace(
            whole,
            known_at=at,
            outcome=whole.outcome if "closed_at" in known or going else "",
            site=whole.site if going else "",
            visit_key=whole.visit_key if arrived else "",
            **blank,
        )


def _minutes(rng: np.random.Generator, figure: dict[str, float]) -> int:
    return max(int(60 * figure["median"] * math.exp(figure["spread"] * rng.standard_normal())), 60)


def _response(facts: Facts, rng: np.random.Generator, category: int) -> int:
    """Seconds from the call to the scene: lognormal, with the mean of the category."""
    spread = facts.flow.of("ambulance.response_spread")
    mean = facts.flow.of("ambulance.response_minutes")[f"mean_{category}"]
    return max(int(60 * mean * math.exp(spread * rng.standard_normal() - spread**2 / 2)), 90)
