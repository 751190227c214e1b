"""What is true of people beside their pathways: frailty, how they want to be reached, what they need, how they use
emergency care. One array a fact, one row a person; every trust that knows the person sees the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.synthetic.elective.shared import Whole, by_age, drawn, each, shares
from wherry.synthetic.feeds import World
from wherry.synthetic.settings import assumptions, elective
from wherry.synthetic.streams import Reals

#: Helps that a person may need, in the order in which they are written.
NEEDS = ("interpreter", "large_print", "easy_read", "hospital_transport")
CONTACT = ("online", "telephone", "letter")


@dataclass
class Facts:
    """One row a person. `frailty` is 0 below 65; `needs` has a bit for each of `NEEDS`; `miles` is -1 if never asked;
    `visits` is the number of emergency attendances expected in a year.
    """

    frailty: npt.NDArray[np.int8]
    contact: npt.NDArray[np.int8]
    needs: npt.NDArray[np.int8]
    miles: npt.NDArray[np.int16]
    mass: npt.NDArray[np.float32]
    visits: npt.NDArray[np.float32]


def make_facts(world: World) -> Facts:
    """Draw the facts of every person of the population."""
    settings: dict[str, Any] = elective()["people"]
    people, rng = world.people, world.streams("elective", "people")
    n = len(people)
    line, table = by_age(settings["frailty"], people.age)
    old = people.age >= int(settings["frailty"][0][0])
    frailty = np.where(old, each(line, table, rng) + 1, 0)
    line, table = by_age(settings["contact"], people.age)
    contact = each(line, table, rng)
    asked = rng.random(n) < float(settings["asked_miles"])
    far = np.array([int(miles) for miles in settings["miles"]])[drawn(shares(settings["miles"]), n, rng)]
    middle, spread = settings["bmi"]
    return Facts(
        frailty=frailty.astype(np.int8),
        contact=contact.astype(np.int8),
        needs=_needs(world, settings, frailty, rng),
        miles=np.where(asked, far, -1).astype(np.int16),
        mass=np.clip(middle * np.exp(rng.normal(0.0, spread, n)), 14.0, 60.0).astype(np.float32),
        visits=_visits(world, frailty, rng),
    )


def _needs(world: World, settings: dict[str, Any], frailty: Whole, rng: np.random.Generator) -> npt.NDArray[np.int8]:
    people = world.people
    n = len(people)
    spoken = settings["interpreter"]
    line, table = by_age(settings["large_print"], people.age)
    print_ = table[line, 0]
    line, table = by_age(settings["hospital_transport"], people.age)
    transport = table[line, 0] + np.where(frailty >= 6, float(settings["frail_transport"]), 0.0)
    chances = (
        np.where(people.ethnic == 0, float(spoken["white_british"]), float(spoken["others"])),
        print_,
        np.full(n, float(settings["easy_read"])),
        transport,
    )
    needs = np.zeros(n, dtype=np.int8)
    for place, chance in enumerate(chances):
        needs |= ((rng.random(n) < chance).astype(np.int8) << place).astype(np.int8)
    return needs


def _visits(world: World, frailty: Whole, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Expected attendances in a year; over the whole population they add up to the published number at this scale."""
    settings: dict[str, Any] = elective()["emergency"]
    line, table = by_age(settings["rates"], world.people.age)
    times = np.array([1.0, *settings["frailty"]])[frailty]
    shape = float(settings["shape"])
    use: Reals = table[line, 0] * times * rng.gamma(shape, size=len(frailty)) / shape
    scale = len(world.people) / int(assumptions()["people_at_full_scale"])
    yearly: npt.NDArray[np.float32] = (use * (float(settings["attendances_a_year"]) * scale / use.sum())).astype(
        np.float32
    )
    return yearly
