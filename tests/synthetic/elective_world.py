"""The elective feeds of one artificial system as plain columns, before they are written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from wherry.synthetic.elective import Elective
from wherry.synthetic.elective.shared import Made
from wherry.synthetic.feeds import World
from wherry.synthetic.generate import make_world
from wherry.synthetic.inputs import inputs_of
from wherry.synthetic.layouts import Codes, Days, Flags, Numbers, Words
from wherry.synthetic.streams import NEVER

TRUSTS = ("RM1", "RGP", "RCX")
CENSUS = date(2026, 1, 31)
SCALE = 0.1


@dataclass
class ElectiveWorld:
    """A world with the elective feeds of each trust."""

    world: World
    elective: Elective
    made: dict[tuple[int, str], Made]

    def column(self, trust: int, feed: str, name: str) -> Any:
        """Days, flags and numbers as whole numbers (`NEVER` or -1 where blank), codes as words, text as it is."""
        value = self.made[trust, feed].feed.columns[name]
        if isinstance(value, Codes):
            return np.append(np.array(value.words, dtype=object), None)[value.values]
        if isinstance(value, Words):
            return np.array(value.values.to_pylist(), dtype=object)
        if isinstance(value, Numbers):
            return np.where(value.known, value.values, NEVER)
        assert isinstance(value, Days | Flags)
        return value.values

    def table(self, trust: int, feed: str) -> dict[str, Any]:
        """Every column of one trust's feed."""
        return {name: self.column(trust, feed, name) for name in self.made[trust, feed].feed.columns}

    def dirt(self, trust: int, feed: str) -> dict[str, Any]:
        """Rows by kind of dirt."""
        return dict(self.made[trust, feed].dirt)


def make(scale: float = SCALE, seed: int = 7) -> ElectiveWorld:
    world = make_world(inputs_of("norfolk-waveney"), scale, seed, CENSUS)
    elective = Elective(world)
    made = {(trust, name): feed for trust in range(3) for name, feed in elective.feeds(trust)}
    return ElectiveWorld(world, elective, made)
