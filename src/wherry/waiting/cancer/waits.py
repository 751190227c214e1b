"""The three cancer clocks for a whole list: a table of pathways in, a table of waits out (contract B).

Each clock is one short function that reads like its rule: which lines take a pathway out, then start, end and limit.
Text becomes small whole numbers first, so that a rule is arithmetic on whole columns. The limits are dated standards
(`wherry.reference.standards`): 28, 31 and 62 days, Cancer Waiting Times guidance v12.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from wherry.reference.standards import history, in_force

EPOCH = date(1970, 1, 1)
ROUTES = ("usc", "breast_symptomatic", "screening", "upgrade", "other")
END_REASONS = ("cancer", "ruled_out", "")
ORDERS = ("first", "subsequent", "")
DATES = ("receipt_date", "upgrade_date", "informed_date", "dtt_date", "ecad_date", "treatment_date")

MET, BREACHED, OPEN_WITHIN, OPEN_OVERDUE, EXCLUDED, NOT_APPLICABLE = range(6)
#: Status of a clock by its number.
STATUSES = ("met", "breached", "open_within", "open_overdue", "excluded", "not_applicable")
#: Statuses without a wait.
WITHOUT_WAIT = ("excluded", "not_applicable")
#: Each clock and the standard that limits it.
CLOCKS = {"fds": "cancer.fds.limit", "d31": "cancer.31_days.limit", "d62": "cancer.62_days.limit"}

Ints = npt.NDArray[Any]
Bools = npt.NDArray[np.bool_]
pc: Any = pyarrow.compute  # its stubs are narrower than it is
array: Any = pa.array

_SHORT = 16

#: A day that is not there: smaller than any date. Waits stay far within 32 bits: an adjustment has at most nine digits.
NO_DAY = np.int32(-(2**31))

#: The waits table. `row` is the position of the pathway in the table that was given.
WAITS: pa.Schema = pa.schema(
    dict[str, pa.DataType](
        pathway_id=pa.string(),
        fds_wait=pa.int32(),
        fds_status=pa.string(),
        d31_wait=pa.int32(),
        d31_status=pa.string(),
        d62_wait=pa.int32(),
        d62_status=pa.string(),
        row=pa.int64(),
    )
)


def limit(clock: str, on: date) -> int:
    """The days within which a clock is met, on a day; before its first day, as on its first day.

    >>> [limit(clock, date(2026, 1, 31)) for clock in CLOCKS]
    [28, 31, 62]
    """
    return (in_force(CLOCKS[clock], on) or history(CLOCKS[clock])[0]).days


@dataclass(frozen=True)
class Pathways:
    """The columns of contract B1 as numbers, one place a pathway. Dates are days since 1970, `NO_DAY` if blank."""

    count: int
    usual_route: Bools  # usc, breast_symptomatic, screening: the clock starts with the receipt
    upgrade: Bools
    subsequent: Bools
    ruled_out: Bools
    excluded: Bools
    receipt: Ints
    upgraded: Ints
    informed: Ints
    decided: Ints  # dtt_date
    appropriate: Ints  # ecad_date
    treated: Ints
    first_seen_adjustment: Ints
    treatment_adjustment: Ints


def derive(pathways: pa.Table, census: date) -> pa.Table:
    """The waits of every pathway as it stood at the end of the census day, sorted by pathway_id (code point order).

    `pathways` has the columns of contract B1: text (null and "" are both blank), date32, whole numbers for adjustments
    (null is 0), `fds_exclusion` text yes or blank, or boolean. Rows with one pathway_id each give a row, in their
    order. A row with a date later than the census gives none: ask `refused` first. The result has the schema `WAITS`.

    >>> pathways = pa.Table.from_pylist([{name: None for name in COLUMNS} | {"pathway_id": "A", "route": "usc",
    ...     "receipt_date": date(2026, 1, 1), "informed_date": date(2026, 1, 29), "fds_end_reason": "cancer"}])
    >>> derive(pathways, date(2026, 3, 4)).drop(["row"]).to_pylist()  # doctest: +NORMALIZE_WHITESPACE
    [{'pathway_id': 'A', 'fds_wait': 28, 'fds_status': 'met', 'd31_wait': None, 'd31_status': 'not_applicable',
      'd62_wait': 62, 'd62_status': 'open_within'}]

    Raises ValueError for a pathway without an id.
    """
    ids: Any = pathways.column("pathway_id").cast(pa.string()).combine_chunks()
    if ids.null_count:
        raise ValueError("a pathway has no pathway_id")
    day = (census - EPOCH).days
    with ThreadPoolExecutor(max_workers=1) as beside:  # the order of the ids is half of the work
        sorting = beside.submit(_sorted, ids)
        p = columns_of(pathways)
        late = later_than(p, census)
        clocks = {clock: rule(p, day, limit(clock, census)) for clock, rule in RULES.items()}
        rows = sorting.result()
    if late.any():
        rows = rows[~late[rows]]
    made: dict[str, Any] = {"pathway_id": ids if _is_whole(rows, p.count) else ids.take(array(rows))}
    for clock, (waits, statuses) in clocks.items():
        wait, status = waits[rows], statuses[rows]
        made[f"{clock}_wait"] = array(wait, mask=status >= EXCLUDED)
        made[f"{clock}_status"] = array(STATUSES).take(array(status))
    return pa.table({**made, "row": array(rows)}, schema=WAITS)


def refused(pathways: pa.Table, census: date) -> list[tuple[int, str, date]]:
    """Rows with a date later than the census: position, column and date of the first such date of each row (B1).

    >>> pathways = pa.Table.from_pylist([{name: None for name in COLUMNS} | {"pathway_id": "A", "route": "other",
    ...     "treatment_date": date(2026, 2, 1)}])
    >>> refused(pathways, date(2026, 1, 31)), refused(pathways, date(2026, 2, 1))
    ([(0, 'treatment_date', datetime.date(2026, 2, 1))], [])
    """
    late = later_than(columns_of(pathways), census)
    found = []
    for row in np.flatnonzero(late).tolist():
        values = {name: pathways.column(name)[row].as_py() for name in DATES}
        found.append(next((row, name, value) for name, value in values.items() if value and value > census))
    return found


# --- the rules (B3): take the first line that fits -------------------------------------------------------------------


def fds(p: Pathways, census: int, most: int) -> tuple[Ints, Ints]:
    """28 days to being told that it is cancer, or not (B3, FDS): wait in days and status of each pathway.

    From the receipt to being informed, less a first appointment not attended. Order, decision and treatment have no
    influence.
    """
    lines = ((~p.usual_route, NOT_APPLICABLE), (p.receipt == NO_DAY, NOT_APPLICABLE), (p.excluded, EXCLUDED))
    return _clock(lines, p.receipt, p.informed, p.first_seen_adjustment, census, most)


def d31(p: Pathways, census: int, most: int) -> tuple[Ints, Ints]:
    """31 days from the decision to treatment (B3, 31-day), any route: wait in days and status of each pathway.

    A subsequent treatment starts at the earliest clinically appropriate date if there is one. An exclusion from the
    faster diagnosis standard has no influence.
    """
    start = np.where(p.subsequent & (p.appropriate != NO_DAY), p.appropriate, p.decided)
    return _clock(((start == NO_DAY, NOT_APPLICABLE),), start, p.treated, p.treatment_adjustment, census, most)


def d62(p: Pathways, census: int, most: int) -> tuple[Ints, Ints]:
    """62 days from referral or upgrade to first treatment (B3, 62-day): wait in days and status of each pathway.

    Only a first treatment. Ruled out ends it; being told that it is cancer, or told with no reason recorded, does not.
    """
    start = np.where(p.usual_route, p.receipt, np.where(p.upgrade, p.upgraded, NO_DAY))
    lines = ((p.subsequent, NOT_APPLICABLE), (start == NO_DAY, NOT_APPLICABLE), (p.ruled_out, NOT_APPLICABLE))
    less = p.first_seen_adjustment + p.treatment_adjustment
    return _clock(lines, start, p.treated, less, census, most)


RULES = {"fds": fds, "d31": d31, "d62": d62}


def _clock(
    lines: Sequence[tuple[Bools, int]], start: Ints, end: Ints, less: Ints, census: int, most: int
) -> tuple[Ints, Ints]:
    """The wait of every pathway, and its status: the first line that fits, otherwise by the limit."""
    ended = end != NO_DAY
    wait = np.where(ended, end, np.int32(census)) - start - less
    over = (wait > most).astype(np.int8)  # 1 turns met into breached, and open within into open overdue
    status = np.where(ended, np.int8(MET), np.int8(OPEN_WITHIN)) + over
    for when, taken_out in reversed(lines):  # the first line has the last word
        status[when] = taken_out
    return wait, status


# --- text to numbers -------------------------------------------------------------------------------------------------

#: The columns of contract B1, in order.
COLUMNS = (
    "pathway_id",
    "route",
    "receipt_date",
    "upgrade_date",
    "first_seen_adjustment_days",
    "informed_date",
    "fds_end_reason",
    "fds_exclusion",
    "dtt_date",
    "ecad_date",
    "treatment_date",
    "treatment_adjustment_days",
    "treatment_order",
)
#: The columns of contract B2, in order.
WAIT_COLUMNS = tuple(WAITS.names[:-1])


def columns_of(pathways: pa.Table) -> Pathways:
    """The columns that the rules read, as numbers."""
    route = _is(pathways.column("route"), ROUTES)
    return Pathways(
        count=pathways.num_rows,
        usual_route=(route >= 0) & (route <= 2),
        upgrade=route == 3,
        subsequent=_is(pathways.column("treatment_order"), ("subsequent",)) == 0,
        ruled_out=_is(pathways.column("fds_end_reason"), ("ruled_out",)) == 0,
        excluded=_flag(pathways.column("fds_exclusion")),
        receipt=_days(pathways.column("receipt_date")),
        upgraded=_days(pathways.column("upgrade_date")),
        informed=_days(pathways.column("informed_date")),
        decided=_days(pathways.column("dtt_date")),
        appropriate=_days(pathways.column("ecad_date")),
        treated=_days(pathways.column("treatment_date")),
        first_seen_adjustment=_whole(pathways.column("first_seen_adjustment_days")),
        treatment_adjustment=_whole(pathways.column("treatment_adjustment_days")),
    )


def later_than(p: Pathways, census: date) -> Bools:
    """Pathways with any date later than the census."""
    day = (census - EPOCH).days
    columns = (p.receipt, p.upgraded, p.informed, p.decided, p.appropriate, p.treated)
    out = np.zeros(p.count, dtype=np.bool_)
    for column in columns:
        out |= column > day
    return out


def _is(column: Any, values: Sequence[str]) -> Ints:
    """The place of each value among `values`, -1 for any other and for blank."""
    text = column if pa.types.is_dictionary(column.type) else column.cast(pa.string())
    place = pc.index_in(text, value_set=pa.array(list(values)))
    return np.asarray(pc.fill_null(place, -1).to_numpy())


def _flag(column: Any) -> Bools:
    if pa.types.is_boolean(column.type):
        return np.asarray(pc.fill_null(column, False).to_numpy(zero_copy_only=False), dtype=np.bool_)
    return np.asarray(_is(column, ("yes",)) == 0)


def _days(column: Any) -> Ints:
    number = column.cast(pa.date32()).cast(pa.int32())
    return np.asarray(pc.fill_null(number, int(NO_DAY)).to_numpy())


def _whole(column: Any) -> Ints:
    return np.asarray(pc.fill_null(column.cast(pa.int32()), 0).to_numpy())


def _sorted(ids: Any) -> Ints:
    """Positions in the order of the text (UTF-8 order is code point order); equal ids keep their order."""
    if len(ids) < 2 or pc.all(pc.less_equal(ids[:-1], ids[1:])).as_py():
        return np.arange(len(ids), dtype=np.int64)
    longest = pc.max(pc.binary_length(ids)).as_py()
    plain = pc.all(pc.string_is_ascii(ids)).as_py() and not pc.any(pc.match_substring(ids, "\0")).as_py()
    if longest <= _SHORT and plain:  # two big-endian numbers have the order of sixteen letters, and sort quicker
        padded = pc.ascii_rpad(ids, _SHORT, "\0")
        letters = np.frombuffer(padded.buffers()[2], np.uint8, len(ids) * _SHORT)
        high, low = letters.view(">u8").astype(np.uint64).reshape(-1, 2).T
        return np.asarray(np.lexsort((low, high)), dtype=np.int64)
    return np.asarray(pc.sort_indices(ids).to_numpy(), dtype=np.int64)


def _is_whole(rows: Ints, count: int) -> bool:
    """Whether the rows are all of them, in the order in which they came."""
    return len(rows) == count and bool((np.diff(rows) == 1).all())
