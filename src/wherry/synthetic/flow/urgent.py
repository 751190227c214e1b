"""Who comes as an emergency on a day: the department's clock, the illness, and transfers to the largest hospital."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt

from wherry.synthetic.flow.calendar import DAY, HOUR, midnight
from wherry.synthetic.flow.draws import (
    ATTENDANCE,
    DIRECT,
    EMERGENCY,
    GROUPS,
    SAME_DAY,
    TRANSFER,
    Chunk,
    Draws,
    Ints,
    blank,
    counts,
    hours_of,
    join,
    lognormal,
    pick,
    stays,
)


def urgent(draws: Draws, day: date) -> Chunk:
    """Attendances and emergency admissions of a day: those admitted are part of the type 1 attendances."""
    flow, rng = draws.flow, draws.streams("flow", "urgent", day.toordinal())
    sites = flow.sites
    busy = 1 + flow.of("ed.daily_spread") * rng.standard_normal(2)
    level = draws.level("emergency", day) * busy[0]
    ill = counts([site.emergencies * (1 - site.same_day_share) * level for site in sites], rng)
    short = counts([site.emergencies * site.same_day_share * level for site in sites], rng)
    kind = np.where(rng.random(len(ill)) < flow.of("emergency.direct"), DIRECT, EMERGENCY)
    by_way = rng.random(len(short)) >= flow.of("emergency.same_day_direct")
    admitted = np.bincount(ill[kind == EMERGENCY], minlength=len(sites)) + np.bincount(
        short[by_way], minlength=len(sites)
    )
    all_1 = rng.poisson([site.attendances_1 * draws.level("attendance_type_1", day) * busy[1] for site in sites])
    ones = np.repeat(np.arange(len(sites)), np.maximum(all_1 - admitted, 0))
    threes = counts([site.attendances_3 * draws.level("attendance_type_3", day) * busy[1] for site in sites], rng)
    site = np.concatenate([ones, threes, ill, short]).astype(np.int64)
    found = blank(len(site), day, 0)
    found["site"] = site
    parts = np.cumsum([len(ones), len(threes), len(ill)])
    one, three = slice(0, parts[0]), slice(parts[0], parts[1])
    found["kind"][parts[1] : parts[2]], found["kind"][parts[2] :] = kind, SAME_DAY
    came = np.ones(len(site), dtype=bool)
    came[parts[1] : parts[2]], came[parts[2] :] = kind == EMERGENCY, by_way
    rate = np.full(len(site), draws.rate["emergency"])
    rate[one], rate[three], rate[parts[2] :] = (
        draws.rate["attendance_type_1"],
        draws.rate["attendance_type_3"],
        draws.rate["same_day"],
    )
    found["age"], found["woman"] = draws.people(rng, site, rate)
    _department(draws, found, came, three, rng, day)
    _illness(draws, found, rng)
    return join([found, _partners(draws, found, rng, day)])


def _department(
    draws: Draws, found: Chunk, came: npt.NDArray[np.bool_], three: slice, rng: np.random.Generator, day: date
) -> None:
    """The clock of the emergency department, of those who came to it."""
    flow, size = draws.flow, len(came)
    admitted = found["kind"] != ATTENDANCE
    type_3 = np.zeros(size, dtype=bool)
    type_3[three] = True
    acuity = np.where(
        admitted,
        pick(rng, flow.shares("ed.acuity_admitted"), size),
        np.where(
            type_3, pick(rng, flow.shares("ed.acuity_type_3"), size), pick(rng, flow.shares("ed.acuity_type_1"), size)
        ),
    )
    acuity = np.where(found["kind"] == SAME_DAY, np.maximum(acuity, 2), acuity)
    arrived = np.where(
        type_3,
        hours_of(rng, flow.shares("ed.hours_type_3"), day, size),
        hours_of(rng, flow.shares("ed.hours_type_1"), day, size),
    )
    ambulance = rng.random(size) < np.where(
        admitted, np.array(flow.of("ed.admitted_by_ambulance"))[acuity], np.array(flow.of("ed.by_ambulance"))[acuity]
    )
    slow = np.array(flow.of("ed.busy_hours"))[np.minimum((arrived - midnight(day)) // HOUR, 23)]
    pace = np.array([0.1, 0.5, 1.0, 1.1, 1.1])[acuity] * slow
    assessed = arrived + lognormal(rng, flow.of("ed.assess_minutes"), size, 60) * np.minimum(pace, 1.2)
    seen = assessed + lognormal(rng, flow.of("ed.see_minutes"), size, 60) * pace
    treated = seen + lognormal(rng, flow.of("ed.treat_minutes"), size, 60) * slow
    quick = arrived + lognormal(rng, flow.of("ed.type_3_minutes"), size, 60)
    referred = seen + lognormal(rng, flow.of("ed.refer_minutes"), size, 60)
    decided = referred + lognormal(rng, flow.of("ed.decide_minutes"), size, 60)
    ready = decided + lognormal(rng, flow.of("ed.ready_minutes"), size, 60)
    walked = (rng.random(size) < flow.of("ed.left_before_seen")) & ~type_3 & (acuity >= 2) & ~admitted
    clock = {
        "arrived": arrived,
        "assessed": np.where(type_3, arrived + (quick - arrived) * 0.1, assessed),
        "seen": np.where(type_3, arrived + (quick - arrived) * 0.5, np.where(walked, -1, seen)),
        "referred": np.where(admitted, referred, -1),
        "decided": np.where(admitted, decided, -1),
        "ed_ready": np.where(admitted, ready, -1),
        "gone": np.where(
            admitted, -1, np.where(type_3, quick, np.where(walked, np.maximum(seen, assessed + 600), treated))
        ),
        "acuity": acuity + 1,
        "ambulance": ambulance & ~type_3,
        "ed_type": np.where(type_3, 3, 1),
    }
    for name, values in clock.items():
        found[name] = np.where(came, values, found[name]).astype(np.int64)
    found["request"] = np.where(admitted, np.where(came, found["decided"], arrived), -1).astype(np.int64)


def _illness(draws: Draws, found: Chunk, rng: np.random.Generator) -> None:
    """Treatment function, ward group, stay, and what goes with it, of those who are admitted as emergencies."""
    flow, size, age = draws.flow, len(found["age"]), found["age"]
    group_of_age = np.searchsorted([18, 65, 85], age, side="right")
    table = draws.emergency_spec[group_of_age * 2 + found["woman"]]
    spec = np.minimum((table <= rng.random(size)[:, None]).sum(axis=1), len(draws.specs) - 1)
    old = (age >= flow.of("emergency.older_medicine_from")) & (spec == draws.spec["300"])
    spec = np.where(old & (rng.random(size) < flow.of("emergency.older_medicine_share")), draws.spec["430"], spec)
    child = age < 18
    found["spec"] = np.where(child, draws.spec["420"], spec)
    found["group"] = np.where(child, GROUPS.index("children"), draws.group_of[found["spec"]])
    found["infection"] = _infection(draws, rng, size)
    zero = rng.random(size) < np.where(age < 65, flow.zero_below_65, flow.zero_from_65)
    stays(draws, found, rng, draws.stay[found["spec"]] * DAY, flow.of("stay.spread"))
    hours = lognormal(rng, flow.of("emergency.zero_day_hours"), size, HOUR)
    brief = lognormal(rng, flow.of("emergency.same_day_hours"), size, HOUR)
    same = found["kind"] == SAME_DAY
    found["zero"] = np.where(same, brief, np.where(zero, hours, 0)).astype(np.int64)
    found["pathway"] = np.where(found["zero"] > 0, 0, found["pathway"])
    dies = np.select([age >= 85, age >= 65], [flow.of("emergency.died")[name] for name in ("from_85", "from_65")],
                     flow.of("emergency.died")["below_65"])  # fmt: skip
    adult = ~child & ~same
    found["dies"] = ((rng.random(size) < dies) & adult).astype(np.int64)
    grave = (rng.random(size) < flow.of("emergency.critical")) & adult & (found["zero"] == 0)
    found["critical"] = (grave * lognormal(rng, flow.of("emergency.critical_days"), size, DAY)).astype(np.int64)
    virtual = rng.random(size) < flow.of("discharge.virtual_ward")
    found["virtual"] = (virtual & adult & (found["zero"] == 0) & (found["dies"] == 0)).astype(np.int64)


def _infection(draws: Draws, rng: np.random.Generator, size: int) -> Ints:
    which = 1 + pick(rng, draws.flow.shares("emergency.infections"), size)
    return np.where(rng.random(size) < draws.flow.of("emergency.infected"), which, 0)


def _partners(draws: Draws, found: Chunk, rng: np.random.Generator, day: date) -> Chunk:
    """Second visits, at the largest hospital, of some of those who are admitted elsewhere."""
    flow, sites = draws.flow, draws.flow.sites
    centre = int(np.argmax([site.emergencies for site in sites]))
    eligible = np.isin(found["kind"], (EMERGENCY, DIRECT)) & (found["site"] != centre) & (found["age"] >= 18)
    eligible &= (found["zero"] == 0) & (found["critical"] == 0) & (found["dies"] == 0) & (found["virtual"] == 0)
    rows = np.flatnonzero(eligible & (rng.random(len(eligible)) < flow.of("transfer.to_centre")))
    made = blank(len(rows), day, 6)
    for name in ("age", "woman", "infection", "dependency"):
        made[name] = found[name][rows]
    made["site"] += centre
    made["kind"] += TRANSFER
    codes = np.array([draws.spec[code] for code in flow.of("transfer.specialties")])
    made["spec"] = codes[rng.integers(0, len(codes), len(rows))]
    made["group"] = draws.group_of[made["spec"]]
    stays(draws, made, rng, draws.stay[made["spec"]] * DAY, flow.of("stay.spread"))
    found["partner"][rows] = made["uid"]
    # until it is asked for; the rest of the stay is at the centre
    found["acute"][rows] = lognormal(rng, flow.of("transfer.after_days"), len(rows), DAY).astype(np.int64)
    return made
