"""The position of a list, as it is published: how many wait, how many over each limit, and how long.

Every figure comes from counts by week band, so that two lists can be added by adding their bands; a percentage is a
sum over a sum. Pathways with an unknown start are counted apart and are in no band. Source: RTT guidance
10.1.7.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

#: Bands 0 to 104, the last open-ended.
BANDS = 105


@dataclass(frozen=True)
class Position:
    """Counts of open pathways: `bands[k]` waits in week band k, `unknown_start` apart from them."""

    bands: npt.NDArray[np.int64]
    unknown_start: int

    def __add__(self, other: Position) -> Position:
        return Position(self.bands + other.bands, self.unknown_start + other.unknown_start)

    @property
    def known_start(self) -> int:
        """Pathways whose start is known."""
        return int(self.bands.sum())

    @property
    def incomplete(self) -> int:
        """Every open pathway, the unknown starts with them."""
        return self.known_start + self.unknown_start

    def over(self, weeks: int) -> int:
        """Pathways that wait more than so many weeks (more than 7 times as many days).

        >>> position(pa.table({"week_band": pa.array([17, 18, 52, None], pa.int32())})).over(18)
        2
        """
        return int(self.bands[weeks:].sum())

    @property
    def within_18(self) -> int:
        """Pathways that wait 18 weeks (126 days) or less."""
        return self.known_start - self.over(18)

    @property
    def share_within_18(self) -> float | None:
        """Those within 18 weeks over all with a known start; blank for an empty list."""
        return self.within_18 / self.known_start if self.known_start else None

    def percentile(self, share: float) -> float | None:
        """Weeks within which that share of pathways waits, waits spread evenly inside a band; blank for an empty list.

        A result of 104 or more only says that it is over 104 weeks.
        """
        if not self.known_start:
            return None
        reached = np.cumsum(self.bands)
        wanted = share * self.known_start
        band = int(np.searchsorted(reached, wanted))
        before = int(reached[band - 1]) if band else 0
        return float(band + (wanted - before) / self.bands[band])

    @property
    def median(self) -> float | None:
        """Weeks within which half of the pathways wait."""
        return self.percentile(0.5)

    @property
    def percentile_92(self) -> float | None:
        """Weeks within which 92 of a hundred pathways wait."""
        return self.percentile(0.92)


def position(table: Any) -> Position:
    """The position of open pathways: an Arrow (or Ibis) table with `week_band`, blank where the start is unknown.

    >>> found = position(pa.table({"week_band": pa.array([0, 3, 17, 18, 60, None], pa.int32())}))
    >>> found.incomplete, found.known_start, found.over(18), found.over(52), found.over(65), found.share_within_18
    (6, 5, 2, 1, 0, 0.6)
    """
    column: Any = (table if isinstance(table, pa.Table) else table.select("week_band").to_pyarrow()).column("week_band")
    known = column.drop_null().to_numpy()
    return Position(np.bincount(known, minlength=BANDS).astype(np.int64), column.null_count)
