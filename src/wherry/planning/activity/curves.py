"""Activity per person by age, at every site and of every kind, for the health status adjustment."""

from __future__ import annotations

import numpy as np

from wherry.planning.activity.outcome import Floats
from wherry.planning.baseline import Baseline
from wherry.reference.activity import KINDS

#: Years either side of an age that its activity is averaged over: one year of one site is too few to go by.
#: (Own default; the national demand model smooths its curves by age as well.)
REACH = 2


def by_age(baseline: Baseline, people: Floats) -> Floats:
    """Activity per person, [site, kind, age], with `people` [age] of the base year in the whole system.

    Each age's is that of the ages up to two years younger and older, fewer near the ends so that both sides weigh
    alike; ages of 90 and more are one. The people are those of the system, not of a site: what counts is how activity
    rises from one age to the next. Zero where there is no activity.
    """
    size = (len(baseline.sites), len(KINDS), 91)
    count = np.zeros(size)
    np.add.at(count, (baseline.site, baseline.kind, np.clip(baseline.age, 0, 90)), baseline.count)
    found = np.zeros(size)
    for age in range(91):
        reach = min(REACH, age, 90 - age)
        ages = slice(age - reach, age + reach + 1)
        there = people[ages].sum()
        if there > 0:
            found[:, :, age] = count[:, :, ages].sum(axis=2) / there
    return found
