"""The year of activity that a scenario starts from, as arrays: one place a cell."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Baseline:
    """Cells of one financial year, those that have the same of everything lumped together.

    `kind` is a place in `reference.activity.KINDS`, `site` in `sites`, `what` in `whats` (treatment functions and
    tests; place 0 is blank), `ward` in `wards` (-1: fills no bed). `age` 0 to 90; `sex` 1, 2 or 9; `quintile` 0 (not
    known) to 5; `nights`, `theatre_minutes` of one; `markers` bits; `count` how many. `notes` say where it came from.
    """

    year: int
    sites: tuple[str, ...]
    trust_of: tuple[str, ...]
    site_words: tuple[str, ...]
    whats: tuple[str, ...]
    wards: tuple[str, ...]
    site: Ints = field(repr=False)
    kind: Ints = field(repr=False)
    what: Ints = field(repr=False)
    ward: Ints = field(repr=False)
    age: Ints = field(repr=False)
    sex: Ints = field(repr=False)
    quintile: Ints = field(repr=False)
    nights: Ints = field(repr=False)
    theatre_minutes: Ints = field(repr=False)
    markers: Ints = field(repr=False)
    count: Ints = field(repr=False)
    system: str = ""
    load_id: str = ""
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.count)
