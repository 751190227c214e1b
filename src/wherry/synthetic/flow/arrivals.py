"""Who comes on a day, and how ill they are: one table of visits a day, each day from streams of its own.

So a longer run of days begins with the same visits as a shorter one. Moments are seconds since 1970 in UTC, -1 where
there is none; stays are in seconds and not yet scaled.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from wherry.synthetic.flow.calendar import DAY, HOUR, midnight
from wherry.synthetic.flow.draws import (
    ELECTIVE,
    GROUPS,
    MATERNITY,
    Chunk,
    Draws,
    blank,
    counts,
    hours_of,
    join,
    lognormal,
    stays,
)
from wherry.synthetic.flow.urgent import urgent

#: Nobody is booked longer ahead.
LONGEST_LEAD_DAYS = 84


def day_of(draws: Draws, day: date) -> Chunk:
    """Everybody who comes on one day, planned admissions included, and partners of those who are transferred."""
    return join([urgent(draws, day), planned(draws, day), _mothers(draws, day)])


def planned(draws: Draws, day: date) -> Chunk:
    """Everybody who is booked to be admitted on a day, with a night; some are withdrawn before it."""
    flow, rng = draws.flow, draws.streams("flow", "planned", day.toordinal())
    level = draws.level("elective", day)
    site = counts([site.electives * level for site in flow.sites], rng)
    found, size = blank(len(site), day, 2), len(site)
    found["site"], found["kind"] = site, np.full(size, ELECTIVE)
    which = np.minimum(
        np.searchsorted(draws.elective_spec, rng.random(size), side="right"), len(draws.elective_rows) - 1
    )
    names = np.array([draws.rate[row["rate"]] for row in draws.elective_rows])
    found["spec"] = np.array([draws.spec[row["code"]] for row in draws.elective_rows])[which]
    found["age"], found["woman"] = draws.people(rng, site, names[which])
    only = np.array([row["sex"] == "2" for row in draws.elective_rows])[which]
    found["woman"] = np.where(only, 1, found["woman"])
    child = found["age"] < 18
    found["group"] = np.where(child, GROUPS.index("children"), draws.group_of[found["spec"]])
    days = np.array([site.elective_days for site in flow.sites])[site]
    stays(draws, found, rng, draws.stay[found["spec"]] * days * DAY, flow.of("stay.elective_spread"))
    found["acute"] = np.maximum(found["acute"], 20 * HOUR)
    found["pathway"] = np.where(rng.random(size) < 0.8, 0, found["pathway"])
    found["delay"] = np.where(found["pathway"] == 0, found["delay"] // 2, found["delay"])
    grave = (rng.random(size) < flow.of("elective.critical")) & ~child
    found["critical"] = (grave * lognormal(rng, flow.of("emergency.critical_days"), size, DAY)).astype(np.int64)
    found["booked"] = hours_of(rng, flow.shares("elective.hours"), day, size)
    lead = np.clip(np.round(lognormal(rng, flow.of("elective.lead_days"), size, 1)), 2, LONGEST_LEAD_DAYS).astype(
        np.int64
    )
    found["made"] = midnight(day) - lead * DAY + rng.integers(9 * HOUR, 17 * HOUR, size)
    gone = found["made"] + (rng.random(size) * (midnight(day) - 6 * HOUR - found["made"])).astype(np.int64)
    found["withdrawn"] = np.where(rng.random(size) < flow.of("elective.cancelled_before"), gone, -1)
    found["request"] = np.where(found["withdrawn"] >= 0, -1, found["booked"])
    return found


def _mothers(draws: Draws, day: date) -> Chunk:
    flow, rng = draws.flow, draws.streams("flow", "mothers", day.toordinal())
    level = draws.level("maternity", day)
    site = counts([site.mothers * level for site in flow.sites], rng)
    found, size = blank(len(site), day, 4), len(site)
    found["site"], found["kind"] = site, np.full(size, MATERNITY)
    found["age"], _ = draws.people(rng, site, np.full(size, draws.rate["mother"]))
    found["woman"] += 1
    found["spec"] += draws.spec["501"]
    found["group"] += GROUPS.index("maternity")
    found["request"] = hours_of(rng, flow.shares("maternity.hours"), day, size)
    found["acute"] = lognormal(rng, flow.of("maternity.hours_of_stay"), size, HOUR).astype(np.int64)
    return found
