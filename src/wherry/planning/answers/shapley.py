"""What each of several factors does to a product, whatever order they are taken in (Shapley), exactly.

With the drivers of a set S at work a row is worth value x product(factor[d] for d in S); a driver that makes the row
(a conversion's target) leaves it worth nothing while it is away. A driver's Shapley value is then the integral over t
from 0 to 1 of (present - absent) x product over the others of (absent + t (present - absent)), which is what weighing
the elementary symmetric polynomials of the factors by the orders gives. It is a polynomial in t of a degree below the
number of drivers, so Gauss and Legendre's rule with half as many points has no error but rounding.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from wherry.planning.activity.compiled import compiled

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


def shapley(value: Floats, factors: Floats, needs: Places, group: Places, groups: int) -> Floats:
    """The sums over rows of each driver's part, [group, driver].

    `value[row]`, `factors[row, driver]`, `needs[row]` (the driver that makes the row, -1 for none), `group[row]`. The
    parts of a row add up to what it is worth with every driver less what it is worth with none.

    >>> one = np.array([100.0]), np.array([[1.1, 0.5]]), np.array([-1]), np.array([0])
    >>> shapley(*one, 1).round(6).tolist()
    [[7.5, -52.5]]
    """
    drivers = factors.shape[1]
    points, weights = _rules(drivers)
    return np.asarray(
        _kernel(
            np.ascontiguousarray(value, dtype=np.float64),
            np.ascontiguousarray(factors, dtype=np.float64),
            np.ascontiguousarray(needs, dtype=np.int64),
            np.ascontiguousarray(group, dtype=np.int64),
            groups,
            points,
            weights,
        )
    )


@cache
def _rules(drivers: int) -> tuple[Floats, Floats]:
    """Points and weights on 0 to 1 for each number of factors that do something, one row a number."""
    most = max(1, (drivers + 1) // 2)
    points, weights = np.zeros((drivers + 1, most)), np.zeros((drivers + 1, most))
    for number in range(1, drivers + 1):
        at, weight = np.polynomial.legendre.leggauss((number + 1) // 2)
        points[number, : len(at)] = (at + 1) / 2
        weights[number, : len(at)] = weight / 2
    return points, weights


@compiled
def _kernel(
    value: Floats, factors: Floats, needs: Places, group: Places, groups: int, points: Floats, weights: Floats
) -> Floats:
    rows, drivers = factors.shape
    parts = np.zeros((groups, drivers))
    active = np.empty(drivers, dtype=np.int64)
    term = np.empty(drivers)
    for row in range(rows):
        if value[row] == 0.0:
            continue
        number = 0
        for driver in range(drivers):
            if factors[row, driver] != 1.0 or needs[row] == driver:
                active[number] = driver
                number += 1
        if number == 0:
            continue
        for place in range((number + 1) // 2):
            t = points[number, place]
            weight = weights[number, place] * value[row]
            nothing = -1
            product = 1.0
            for at in range(number):
                driver = active[at]
                absent = 0.0 if needs[row] == driver else 1.0
                term[at] = absent + t * (factors[row, driver] - absent)
                if term[at] == 0.0:
                    # Only a conversion of nothing: points lie inside 0 to 1.
                    nothing = at
                else:
                    product *= term[at]
            for at in range(number):
                driver = active[at]
                absent = 0.0 if needs[row] == driver else 1.0
                others = product / term[at] if nothing < 0 else product * (nothing == at)
                parts[group[row], driver] += weight * (factors[row, driver] - absent) * others
    return parts
