"""Rows that no hub can read: an impossible date, an unknown event type, no key, a line that ends half way.

They are drawn where they cost no open clock (never a start or a stop, nor a referral or person with an open clock), so
that the open totals stay the published ones. The file stays well formed for everybody else.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from wherry.synthetic.arrow import Text, holds
from wherry.synthetic.events import TRANSFER
from wherry.synthetic.feeds import Feed, World
from wherry.synthetic.journeys import OPEN
from wherry.synthetic.layouts import Layout
from wherry.synthetic.settings import rate
from wherry.synthetic.streams import Mask

#: The column that carries the date without which a row is refused, and the key, by feed.
REQUIRED_DATE = {
    "event": "event_on",
    "appointment": "booked_for",
    "session": "session_on",
    "observation": "observed_on",
    "emergency_attendance": "arrived_on",
}
KEY = {
    "patient": "local_patient_id",
    "referral": "ppid",
    "event": "event_id",
    "list_entry": "entry_id",
    "appointment": "appointment_id",
    "session": "session_id",
    "theatre_case": "case_id",
    "contact_detail": "local_patient_id",
    "observation": "observation_id",
    "emergency_attendance": "attendance_id",
    "follow_up": "follow_up_id",
    "diagnostic_request": "request_id",
    "cancer_event": "event_id",
}


def kinds_of(feed: str) -> tuple[str, ...]:
    """The kinds of unreadable rows that a feed may have.

    >>> kinds_of("patient"), len(kinds_of("event"))
    (('missing_key', 'cut_line'), 4)
    """
    if feed not in KEY:
        return ()
    kinds = ["missing_key", "cut_line"]
    if feed in REQUIRED_DATE:
        kinds.append("bad_date")
    if feed == "event":
        kinds.append("unknown_event_type")
    return tuple(kinds)


def spoil(
    lines: Text, layout: Layout, name: str, feed: Feed, world: World, trust: int
) -> tuple[Text, list[tuple[str, npt.NDArray[np.int64]]]]:
    """The lines with a few of them spoilt, and which rows were spoilt by kind.

    Every kind of the activity feed comes at least once a trust, so that the smallest system has them too.
    """
    rng = world.streams("unreadable", name, trust)
    rows = np.flatnonzero(_harmless(name, feed, world, trust))
    wanted = {kind: max(round(rate(kind) * len(lines)), 1 if name == "event" else 0) for kind in kinds_of(name)}
    total = min(sum(wanted.values()), len(rows))
    if total == 0:
        return lines, []
    chosen = rng.choice(rows, total, replace=False)
    headers = [column for column, _ in layout.columns]
    spoilt: dict[int, str] = {}
    log = []
    begin = 0
    for kind, size in wanted.items():
        some = np.sort(chosen[begin : begin + size])
        begin += size
        for row in some.tolist():
            spoilt[row] = _spoilt(lines[row].as_py(), kind, layout, headers, name)
        log.append((kind, some))
    mask = np.zeros(len(lines), dtype=bool)
    mask[list(spoilt)] = True
    return pc.replace_with_mask(
        lines, pa.array(mask), pa.array([spoilt[row] for row in sorted(spoilt)], pa.string())
    ), log


def _spoilt(line: str, kind: str, layout: Layout, columns: list[str], name: str) -> str:
    body = line[:-1]
    if kind == "cut_line":
        return body[: len(body) // 2] + "\n"
    fields: list[Any] = body.split(layout.delimiter)
    if kind == "missing_key":
        fields[columns.index(KEY[name])] = ""
    elif kind == "bad_date":
        at = columns.index(REQUIRED_DATE[name])
        day = layout.date_style.replace("YYYY", "2025").replace("MON", "FEB").replace("MM", "02").replace("DD", "31")
        fields[at] = day
    else:
        fields[columns.index("event_type")] = "??"
    return layout.delimiter.join(fields) + "\n"


def _harmless(name: str, feed: Feed, world: World, trust: int) -> Mask:
    journeys, line = world.journeys, world.line
    if name == "event":
        low = int(np.searchsorted(world.events.trust, trust))
        part = slice(low, low + len(feed.about))
        status = world.events.status[part]
        quiet = (
            np.isin(status, (20, 90, 91, 98)) & (world.events.type[part] != TRANSFER) & (world.events.dirt[part] == 0)
        )
        return np.asarray(quiet & (line.flaw[feed.about] == 0))
    if name == "referral":
        return np.asarray(
            (journeys.kind[feed.about] != OPEN) & (line.flaw[feed.about] == 0) & (line.sender[feed.about] < 0)
        )
    if name == "patient":
        busy = np.zeros(len(world.identities), dtype=bool)
        open_ = journeys.kind == OPEN
        busy[world.identities.of_journey[open_]] = True
        busy[world.identities.of_sender[line.sender >= 0]] = True
        quoted = holds(feed.words("address_line"), ",")
        return np.asarray(~busy[feed.about] & ~quoted)
    if name == "list_entry":
        return np.asarray(journeys.kind[world.entries.journey[feed.about]] != OPEN)
    if name == "session":
        # a session that was held has cases, which would hang in the air
        return np.asarray(feed.about > world.census)
    return np.ones(len(feed.about), dtype=bool)
