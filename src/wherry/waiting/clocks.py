"""Referral-to-treatment clocks for a whole list: a table of events in, a table of periods out.

`derive` takes Arrow tables so that a file, the hub and a notebook are one case. Text becomes whole numbers here, the
clock itself runs in `wherry.waiting.engine`, and what follows from a clock by arithmetic (days, bands, list-order
dates) is computed here for all periods at once. Which code does what to a clock is in `wherry.waiting.codes`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from wherry.waiting import codes, engine
from wherry.waiting.kernel import NO_DAY

EPOCH = date(1970, 1, 1)

#: The periods table: the columns of the file contract, then what started and stopped each period and by which rule.
PERIODS: pa.Schema = pa.schema(
    dict[str, pa.DataType](
        pathway_id=pa.string(),
        period=pa.int32(),
        clock_start=pa.date32(),
        clock_stop=pa.date32(),
        stop_status=pa.string(),
        outcome=pa.string(),
        admitted=pa.bool_(),
        days_waited=pa.int32(),
        week_band=pa.int32(),
        provider=pa.string(),
        treatment_function=pa.string(),
        list_order_date=pa.date32(),
        issues=pa.string(),
        start_row=pa.int64(),
        stop_row=pa.int64(),
        start_rule=pa.string(),
        stop_rule=pa.string(),
    )
)

Ints = npt.NDArray[Any]
pc: Any = pyarrow.compute  # its stubs are narrower than it is
_FLAGS = {"yes": 1, "no": 2}


def week_band(days: Ints) -> Ints:
    """Week band of each wait: 0 for days 0 to 7, then one band every seven days, 104 for 729 days and more.

    >>> week_band(np.array([0, 7, 8, 14, 15, 126, 127, 728, 729, 5000])).tolist()
    [0, 0, 1, 1, 2, 17, 18, 103, 104, 104]
    """
    return np.asarray(np.clip((days + 6) // 7 - 1, 0, 104))


def derive(events: pa.Table, census: date) -> pa.Table:
    """Every referral-to-treatment period of every pathway, as it stood at the end of the census day.

    `events` has one row an event, in file order, with `pathway_id` (text), `event_date` (date32), `event_type` and
    `rtt_status` (text), and optionally `provider`, `treatment_function` (text), `first_activity` and
    `dna_communicated` (text yes/no, or booleans). Null and empty text are both blank; a missing optional column is
    blank throughout. The result has the schema `PERIODS`, sorted by pathway_id (in code point order) and period;
    `start_row` and `stop_row` are positions in `events`.

    >>> events = pa.table({"pathway_id": ["A", "A"], "event_date": [date(2025, 1, 1), date(2025, 5, 8)],
    ...                    "event_type": ["referral_received", "admission"], "rtt_status": ["10", "30"]})
    >>> derive(events, date(2025, 6, 30)).select(["clock_stop", "days_waited", "week_band", "admitted"]).to_pylist()
    [{'clock_stop': datetime.date(2025, 5, 8), 'days_waited': 127, 'week_band': 18, 'admitted': True}]

    Source: the clock contract A3 to A7, and the guidance named in `codes`. Raises ValueError for a null pathway or
    date.
    """
    census_day = (census - EPOCH).days
    with ThreadPoolExecutor(max_workers=1) as beside:  # the names of pathways are most of the work: read them beside
        reading = beside.submit(_pathways, events)
        encode = _encode(events)
        pathway, names = reading.result()
        sorting = beside.submit(pc.sort_indices, names)
        encoded = encode.events(pathway, len(names))
        periods = engine.run(encoded, census_day)
        by_name = sorting.result().to_numpy()
    rank = np.empty(len(names), dtype=np.int32)
    rank[by_name] = np.arange(len(names), dtype=np.int32)
    periods = periods.take(np.argsort(rank[periods.pathway], kind="stable"))
    return _table(periods, encoded, names, encode, census_day)


# --- text to numbers ------------------------------------------------------------------------------------------------


def _dictionary(events: pa.Table, name: str) -> tuple[Ints, list[str]]:
    """A text column as codes from 1 (0 is blank) and the text of each code."""
    if name not in events.column_names:
        return np.zeros(events.num_rows, dtype=np.int32), [""]
    column: Any = events.column(name)
    if not pa.types.is_dictionary(column.type):
        column = column.cast(pa.string()).dictionary_encode()
    combined: Any = column.unify_dictionaries().combine_chunks()
    array: Any = combined if isinstance(combined, pa.DictionaryArray) else pa.concat_arrays(combined.chunks)
    words = array.dictionary.cast(pa.string()).to_pylist()
    # a dictionary may name one value twice, and both null and empty text are blank
    code_of: dict[str, int] = {"": 0}
    lookup = np.array([code_of.setdefault(word or "", len(code_of)) for word in words] + [0], dtype=np.int32)
    indices = pc.fill_null(array.indices.cast(pa.int32()), len(words)).to_numpy(zero_copy_only=False)
    return lookup[indices], list(code_of)


def _flag(events: pa.Table, name: str) -> Ints:
    """A yes/no column as 0 blank, 1 yes, 2 no."""
    if name in events.column_names and pa.types.is_boolean(events.column(name).type):
        column = events.column(name)
        number = pc.fill_null(pc.if_else(column, pa.scalar(1, pa.int8()), pa.scalar(2, pa.int8())), 0)
        return np.asarray(number.to_numpy())
    numbers, words = _dictionary(events, name)
    return np.array([_FLAGS.get(word, 0) for word in words], dtype=np.int8)[numbers]


def _pathways(events: pa.Table) -> tuple[Ints, Any]:
    """Each event's pathway as a number from 0, and the name of each number."""
    column: Any = events.column("pathway_id")
    if not pa.types.is_dictionary(column.type):
        column = column.cast(pa.string()).dictionary_encode()
    combined: Any = column.unify_dictionaries().combine_chunks()
    array: Any = combined if isinstance(combined, pa.DictionaryArray) else pa.concat_arrays(combined.chunks)
    if array.null_count or array.dictionary.null_count:
        raise ValueError("an event has no pathway_id")
    names = array.dictionary.cast(pa.string())
    return np.asarray(array.indices.cast(pa.int32()).to_numpy(zero_copy_only=False)), names


@cache
def _actions() -> npt.NDArray[np.int8]:
    """What every combination of type (0 other, 1 cancellation), status (0 to 100, 100 blank), first and told does."""
    table = np.zeros((2, 102, 3, 3), dtype=np.int8)
    for cancelled, status, first, told in np.ndindex(table.shape):
        known = None if status == 100 else -1 if status == 101 else status
        kind = "patient_cancellation" if cancelled else "other"
        yes = {"first_activity": first == 1, "dna_communicated": told == 1}
        table[cancelled, status, first, told] = codes.action(known, kind, **yes)
    table.setflags(write=False)
    return table


def _status_number(word: str) -> int:
    """A status as a number: 100 for blank, 101 for what is not two digits (it counts as an unknown status)."""
    if not word:
        return 100
    return int(word) if len(word) == 2 and word.isascii() and word.isdigit() else 101


@dataclass(frozen=True)
class _Encoded:
    """Events as numbers but for their pathway, and the text of the numbers."""

    day: Ints
    action: Ints
    status: Ints
    provider: Ints
    function: Ints
    signature: Ints
    providers: list[str]
    functions: list[str]
    admission: Ints

    def events(self, pathway: Ints, pathways: int) -> engine.Events:
        """What the engine takes."""
        columns = (self.day, self.action, self.status, self.provider, self.function, self.signature)
        return engine.Events(pathways, pathway, *columns)


def _encode(events: pa.Table) -> _Encoded:
    days = events.column("event_date")
    if days.null_count:
        raise ValueError("an event has no event_date")
    day = days.cast(pa.date32()).cast(pa.int32()).to_numpy()
    kind, kinds = _dictionary(events, "event_type")
    status, statuses = _dictionary(events, "rtt_status")
    provider, providers = _dictionary(events, "provider")
    function, functions = _dictionary(events, "treatment_function")
    first, told = _flag(events, "first_activity"), _flag(events, "dna_communicated")
    if len(providers) * len(functions) * len(kinds) * len(statuses) * 9 >= 2**63:
        raise ValueError("too many different providers and treatment functions to compare events")

    small = ((kind.astype(np.int64) * len(statuses) + status) * 3 + first) * 3 + told
    number = np.array([_status_number(word) for word in statuses], dtype=np.int32)
    cancelled = np.array([word in codes.CANCELLATIONS for word in kinds], dtype=np.int8)
    # one row a combination of type, status and flags: few, so what each does is looked up once
    effect = _actions()[cancelled[:, None], number[None, :]].reshape(-1)
    admission = np.array([word == "admission" for word in kinds], dtype=np.bool_)
    signature = (provider.astype(np.int64) * len(functions) + function) * (len(effect)) + small
    return _Encoded(
        day=day,
        action=effect[small],
        status=number[status],
        provider=provider,
        function=function,
        signature=signature,
        providers=providers,
        functions=functions,
        admission=admission[kind],
    )


# --- numbers to text ------------------------------------------------------------------------------------------------


def _take(values: Any, numbers: Ints, blank: Ints | None = None) -> Any:
    return values.take(pa.array(numbers, mask=blank))


def _words(numbers: Ints, words: list[str]) -> Any:
    """Codes back to text; 0, the blank, becomes null."""
    values = pa.array([word or None for word in words], pa.string())
    return _take(values, numbers)


def _dates(days: Ints) -> Any:
    return pa.array(days.astype(np.int32), pa.int32(), mask=days == NO_DAY).cast(pa.date32())


def _issues(bits: Ints) -> Any:
    def text(value: int) -> str | None:
        return ";".join(code for place, code in enumerate(codes.ISSUES) if value >> place & 1) or None

    return _take(pa.array([text(value) for value in range(256)], pa.string()), bits)


def _start_rules(periods: engine.Periods, status: Ints) -> Any:
    started = periods.start_row >= 0
    by = np.where(started, status[periods.start_row], 0)
    names = ["start_unknown", "start_unknown_stopped", *codes.START_RULES]
    number = (periods.issues >> codes.ISSUES.index("stop_without_start") & 1).astype(np.int32)
    for code, name in codes.START_RULE_OF.items():
        number[by == code] = names.index(name, 2)
    return _take(pa.array(names), number)


def _stop_rules(stop_status: Ints, admitted: Ints) -> Any:
    names = [None, *codes.STOP_RULES]
    number = np.zeros(len(stop_status), dtype=np.int32)
    for code, name in codes.STOP_RULE_OF.items():
        number[stop_status == code] = names.index(name)
    number[admitted] = names.index("stop_admitted_treatment")
    return _take(pa.array(names, pa.string()), number)


def _table(periods: engine.Periods, encoded: engine.Events, names: Any, words: _Encoded, census_day: int) -> pa.Table:
    started = periods.start != NO_DAY
    ended = periods.stop != NO_DAY
    stopped = periods.outcome == 1
    if len(encoded.status):
        stop_status = np.where(ended, encoded.status[periods.stop_row], 0)
        admitted = stopped & (stop_status == 30) & words.admission[periods.stop_row]
    else:
        stop_status, admitted = np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.bool_)
    counted = started & (periods.outcome != 2)
    days = np.where(counted, np.where(ended, periods.stop, census_day) - periods.start.astype(np.int64), 0)
    list_order = np.where(started, periods.start - periods.credit, NO_DAY)
    columns = [
        _take(names, periods.pathway),
        pa.array(periods.number, pa.int32()),
        _dates(periods.start),
        _dates(periods.stop),
        _take(pa.array([f"{code:02d}" for code in range(100)]), stop_status, ~ended),
        _take(pa.array(codes.OUTCOMES), periods.outcome),
        pa.array(admitted, pa.bool_(), mask=~stopped),
        pa.array(days.astype(np.int32), pa.int32(), mask=~counted),
        pa.array(week_band(days).astype(np.int32), pa.int32(), mask=~counted),
        _words(periods.provider, words.providers),
        _words(periods.function, words.functions),
        _dates(list_order),
        _issues(periods.issues),
        pa.array(periods.start_row, pa.int64(), mask=periods.start_row < 0),
        pa.array(periods.stop_row, pa.int64(), mask=periods.stop_row < 0),
        _start_rules(periods, encoded.status) if len(encoded.status) else pa.array([], pa.string()),
        _stop_rules(stop_status, admitted),
    ]
    return pa.Table.from_arrays(columns, schema=PERIODS)
