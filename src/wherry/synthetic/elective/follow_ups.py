"""Follow-ups that a trust owes, or that a patient may ask for: hung on pathways that have been seen or treated."""

from __future__ import annotations

from typing import Any

import numpy as np

from wherry.synthetic.arrow import numbered
from wherry.synthetic.arrow import rows as rows_of
from wherry.synthetic.elective.shared import Made, Whole, drawn, forward, shares, soiled
from wherry.synthetic.feeds import Feed, World
from wherry.synthetic.journeys import ADMITTED, NON_ADMITTED, OPEN
from wherry.synthetic.layouts import Codes, Days, Value, Words
from wherry.synthetic.settings import assumptions, elective
from wherry.synthetic.streams import NEVER
from wherry.synthetic.timeline import pick

BY = ("clinic", "patient")


def follow_up_feed(world: World, trust: int) -> Made:
    """A trust's follow-ups: open ones, and those closed in the last eight weeks."""
    settings: dict[str, Any] = elective()["follow_ups"]
    rng, census = world.streams("elective", "follow-ups", trust), world.census
    rows = _pathways(world, trust, settings, rng)
    n = len(rows)
    reasons = tuple(settings["reasons"])
    reason = drawn(shares(settings["reasons"]), n, rng)
    apart = np.array([settings["interval"][name] for name in reasons], dtype=np.int64)[reason]
    interval = apart[:, 0] + np.floor(rng.random(n) * (apart[:, 1] - apart[:, 0])).astype(np.int64)
    patient = rng.random(n) < float(settings["patient_initiated"])

    # what is due lies within one interval of the census; what is late has been so for a while
    seen = np.where(world.journeys.kind[rows] == OPEN, world.line.first[rows], world.line.end[rows])
    late = rng.random(n) < float(settings["past_latest"])
    behind = census - 1 - rng.exponential(float(settings["overdue_mean_days"]), n).astype(np.int64)
    latest = np.where(late, behind, census + np.ceil(rng.random(n) * interval).astype(np.int64))
    latest = np.maximum(latest, seen + 14)
    last = np.clip(latest - interval, seen, census)
    late = latest < census

    closed = rng.random(n) < float(settings["closed_lately"])
    closed_on = np.where(closed, np.maximum(census - rng.integers(0, 56, n), last), NEVER)
    chance = float(settings["booked"]) * np.where(late, 1 / 3, 1.0)
    booked = ~patient & ~closed & (rng.random(n) < chance)
    ahead = forward(census + 1 + np.minimum(rng.exponential(30.0, n), 200).astype(np.int64))
    booked_for = np.where(booked, ahead, NEVER)

    clinic = ~patient & ~closed
    passed = soiled("follow_up_booking_passed", clinic & (last < census - 8), rng)
    booked_for[passed] = np.maximum(census - rng.integers(1, 40, len(passed)), last[passed] + 1)
    undated = soiled("follow_up_without_date", clinic, rng)
    blank = patient.copy()
    blank[undated] = True
    spells = np.array(settings["patient_initiated_days"], dtype=np.int64)[rng.integers(0, 3, n)]
    until = np.where(patient, np.maximum(last + spells, census + rng.integers(5, 120, n)), NEVER)
    expired = soiled("patient_initiated_expired", patient & ~closed & (last < census - 60), rng)
    until[expired] = np.maximum(census - rng.integers(1, 200, len(expired)), last[expired] + 30)

    key = numbered({0: "F", 1: "", 2: "U"}.get(trust, ""), np.arange(n) + 1, 7)
    sites = world.inputs.sites[trust]
    second = (world.line.person[rows] % 9 == 4) & (len(sites) > 1)
    columns: dict[str, Value] = {
        "follow_up_id": Words(key),
        "ppid": Words(rows_of(world.ppid, rows)),
        "ppid_issuer": Words(rows_of(world.issuer, rows)),
        "treatment_function": Codes(world.sent_function[rows], world.function_words),
        "site": Codes(second.astype(np.int64), sites),
        "reason": Codes(reason, reasons),
        "last_seen_on": Days(last),
        "latest_on": Days(np.where(blank, NEVER, latest)),
        "initiated_by": Codes(patient.astype(np.int64), BY),
        "open_until": Days(until),
        "booked_for": Days(booked_for),
        "closed_on": Days(closed_on),
    }
    return Made(
        Feed(columns, key, rows),
        [
            ("follow_up_booking_passed", passed),
            ("follow_up_without_date", undated),
            ("patient_initiated_expired", expired),
        ],
    )


def _pathways(world: World, trust: int, settings: dict[str, Any], rng: np.random.Generator) -> Whole:
    """The pathways that carry a follow-up: treated or watched ones of two years, and some that are open and seen.

    The trusts share the total by what they have of these. Nobody who died is followed up.
    """
    journeys, line = world.journeys, world.line
    stopped = (journeys.kind == ADMITTED) | ((journeys.kind == NON_ADMITTED) & np.isin(journeys.status, (30, 31, 32)))
    watched = (journeys.kind == OPEN) & (line.first > NEVER) & ~journeys.decided & (line.flaw == 0)
    able = (stopped | watched) & (world.people.death_day[line.person] == NEVER)
    scale = len(world.people) / int(assumptions()["people_at_full_scale"])
    wanted = float(settings["open_at_full_scale"]) * scale / (1.0 - float(settings["closed_lately"]))
    return pick(able & (journeys.trust == trust), min(wanted / max(int(able.sum()), 1), 1.0), rng)
