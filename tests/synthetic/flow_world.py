"""Small artificial hospitals and a story about them, made once a session: a sixth of the patients and of the wards."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from wherry.synthetic.flow.calendar import LONDON
from wherry.synthetic.flow.settings import Flow, load
from wherry.synthetic.flow.story import Story, tell

OPENED = datetime(2026, 6, 2, tzinfo=LONDON)
NOBODY = 1 << 60


@cache
def flow() -> Flow:
    return load("norfolk-waveney").smaller(0.16, 1)


@cache
def story(days: int = 2, seed: int = 3) -> Story:
    return tell(flow(), seed=seed, opening=OPENED, days=days, weeks=2)


def lives(one: Story) -> dict[int, list[tuple[int, int, int]]]:
    """(place, from, to) of each stay by row; who has not left stays to `NOBODY`."""
    found: dict[int, list[tuple[int, int, int]]] = {}
    life = one.run.life
    for row, place, at in life.stays:
        held = found.setdefault(row, [])
        if held:
            held[-1] = (held[-1][0], held[-1][1], at)
        held.append((place, at, NOBODY))
    for row, held in found.items():
        if life.left[row] >= 0:
            held[-1] = (held[-1][0], held[-1][1], life.left[row])
    return found
