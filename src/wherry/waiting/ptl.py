"""The patient tracking list: every open clock of the group in one order, and why each stands where it stands.

Order: clinical priority (P1a, P1b, P2, P3, then P4 together with those that have none recorded, P5, P6 last); within
it an unknown clock start first, since nobody knows how long that person has waited; then the list-order date, which
is the clock start less the days credited from before active monitoring; then the pathway key. There is no score.
Source: RTT guidance v5.0 section 8; clinical prioritisation guidance; the clock contract A6.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from wherry.hub.schema import TABLES
from wherry.reference import priorities, treatment_functions
from wherry.waiting.words import day

pc: Any = pyarrow.compute  # the stubs of both are narrower than they are
array: Any = pa.array
Ints = npt.NDArray[Any]
EPOCH = date(1970, 1, 1)

#: The reporting group of a treatment function that is in no national list; never put with "Other".
NO_GROUP = "unknown"

#: What a place in the order of priorities means for the others, by rank.
_BESIDE = {
    1: "so before everyone else",
    2: "so after P1a and before all others",
    3: "so before all P3 and P4",
    4: "so after all P1 and P2 and before all P4",
    5: "so after all P1, P2 and P3",
    6: "so after all P1, P2, P3 and P4",
    7: "so after all other priorities",
}


def rows(tables: Mapping[str, Any], facts: Any, census: date) -> Any:
    """One row an open clock with what the list shows of it, in no order yet, as an Ibis expression."""
    open_ = facts.filter(facts["is_open"])
    identity = tables["person_identity"]
    named = identity.select(
        "identity_key",
        surname=identity["surname"],
        forename=identity["forename"],
        nhs_number=ibis.ifelse(identity["nhs_number_valid"], identity["nhs_number"], ibis.null("string")),
        own_birth_date=identity["birth_date"],
        own_sex=identity["sex"],
    )
    person = tables["person"]
    known = person.select(
        "person_key",
        "birth_date",
        "sex",
        "ethnic_category",
        "lsoa",
        "gp_practice",
        "opted_out",
        imd_quintile=((person["imd_decile"] + 1) / 2).floor().cast("int32"),
    )
    wide = open_.left_join(named, "identity_key").left_join(known, "person_key")
    born = ibis.coalesce(wide["birth_date"], wide["own_birth_date"])
    before_birthday = (born.month() > census.month) | ((born.month() == census.month) & (born.day() > census.day))
    wide = wide.mutate(
        birth_date=born,
        sex=ibis.coalesce(wide["sex"], wide["own_sex"]),
        age=(ibis.literal(census.year) - born.year() - before_birthday.cast("int32")).cast("int32"),
        opted_out=wide["opted_out"].fill_null(False),
        stage=ibis.ifelse(wide["on_list"], "admitted", "outpatient"),
    )
    made = {"position", "reporting_group", "weeks_waited", "findings", "worst_severity", "why"}
    names = [column.name for column in TABLES["waiting_list"].columns if column.name not in made]
    return wide.select(*names)


def ordered(table: pa.Table, census: date) -> pa.Table:
    """Rows of the list in list order, with `position` from 1, `reporting_group`, `weeks_waited` and `why`."""
    rank = _rank(table.column("clinical_priority"))
    start = _days(table.column("clock_start"))
    list_order = _days(table.column("list_order_date"))
    key: Any = table.column("pathway_key").combine_chunks()
    by_key = np.argsort(pc.sort_indices(key).to_numpy(), kind="stable")
    order = np.lexsort((by_key, list_order.filled(np.iinfo(np.int32).min), rank))
    table = table.take(array(order))
    rank, start, list_order = rank[order], start[order], list_order[order]
    functions: Any = table.column("treatment_function").combine_chunks().dictionary_encode()
    groups = [treatment_functions.reporting_group(code) or NO_GROUP for code in functions.dictionary.to_pylist()]
    group = pc.fill_null(array([*groups, NO_GROUP]).take(functions.indices.cast(pa.int32())), NO_GROUP)
    weeks = pc.floor(pc.divide(table.column("days_waited").cast(pa.float64()), 7.0)).cast(pa.int32())
    return (
        table.append_column("position", array(np.arange(1, table.num_rows + 1, dtype=np.int32)))
        .append_column("reporting_group", group)
        .append_column("weeks_waited", weeks)
        .append_column("why", _why(table, rank, start, list_order, (census - EPOCH).days))
    )


# --- why ------------------------------------------------------------------------------------------------------------


def why(
    clinical_priority: str | None,
    priority_due_on: date | None,
    clock_start: date | None,
    list_order_date: date | None,
    census: date,
    *,
    priority_type: str | None = None,
) -> str:
    """Why one row stands where it stands.

    >>> said = why("P2", date(2026, 1, 14), date(2025, 10, 3), date(2025, 10, 3), date(2026, 1, 31))
    >>> print(said.replace(". ", ".\\n"))
    P2, due by 14 January 2026, so before all P3 and P4.
    Within P2, ordered by list-order date 3 October 2025 (120 days, 17 weeks).
    >>> why(None, None, None, None, date(2026, 1, 31))
    'No clinical priority recorded, so placed with P4. The clock start is unknown, so first within P4.'
    """
    names = ("clinical_priority", "priority_due_on", "clock_start", "list_order_date", "priority_type", "pathway_key")
    kinds = (pa.string(), pa.date32(), pa.date32(), pa.date32(), pa.string(), pa.string())
    values = (clinical_priority, priority_due_on, clock_start, list_order_date, priority_type, "")
    one = pa.table({name: array([value], kind) for name, kind, value in zip(names, kinds, values, strict=True)})
    rank, start = _rank(one.column("clinical_priority")), _days(one.column("clock_start"))
    said = _why(one, rank, start, _days(one.column("list_order_date")), (census - EPOCH).days)
    return str(said.to_pylist()[0])


def _why(table: pa.Table, rank: Ints, start: Any, list_order: Any, census_day: int) -> Any:
    """The sentence of every row, from few distinct parts."""
    code: Any = table.column("clinical_priority").combine_chunks().dictionary_encode()
    codes = [_standing(text) for text in code.dictionary.to_pylist()]
    standing = [*codes, ("No clinical priority recorded", "so placed with P4")]
    place = pc.fill_null(code.indices.cast(pa.int32()), len(codes))
    priority = array([first for first, _ in standing]).take(place)
    beside = array([second for _, second in standing]).take(place)
    due = _said(_days(table.column("priority_due_on")), lambda on: f", due by {day(on)}, ", ", ")
    within = array(["P1a", "P1a", "P1b", "P2", "P3", "P4", "P5", "P6"]).take(array(rank))

    known = ~np.ma.getmaskarray(start)
    days = census_day - list_order.filled(census_day)
    credit = np.where(known, start.filled(0) - list_order.filled(0), 0)
    dated = pc.binary_join_element_wise(
        " Within ",
        within,
        ", ordered by list-order date ",
        _said(list_order, day, ""),
        " (",
        _counted(days, "day"),
        ", ",
        _counted(days // 7, "week"),
        _said(np.ma.masked_array(credit, credit == 0), None, "", _credited),
        ").",
        "",
    )
    unknown = pc.binary_join_element_wise(" The clock start is unknown, so first within ", within, ".", "")
    fast = pc.fill_null(pc.equal(table.column("priority_type").combine_chunks(), "3"), False)
    said = pc.binary_join_element_wise(
        priority,
        due,
        beside,
        ".",
        pc.if_else(array(known), dated, unknown),
        pc.if_else(fast, " Referred as a two-week wait.", ""),
        "",
    )
    return said


def _standing(code: str | None) -> tuple[str, str]:
    known = priorities.PRIORITIES.get(code or "")
    if known is None:
        return f"Priority {code} is not in the national list", "so placed with P4"
    if known.rank == priorities.PRIORITIES["P6"].rank:
        return f"{code}: {known.words}", _BESIDE[known.rank]
    return str(code), _BESIDE[known.rank]


def _credited(days: int) -> str:
    return f", of which {days} {'day' if days == 1 else 'days'} credited from before active monitoring"


def _counted(numbers: Ints, unit: str) -> Any:
    values, place = np.unique(numbers, return_inverse=True)
    words = [f"{value:,} {unit}{'' if value == 1 else 's'}" for value in values.tolist()]
    return array(words, pa.string()).take(array(place))


def _said(days: Any, words: Any, blank: str, number_words: Any = None) -> Any:
    """Each distinct day (or number) in words, `blank` where masked."""
    mask = np.ma.getmaskarray(days)
    values, place = np.unique(days.filled(0) if np.ma.isMaskedArray(days) else days, return_inverse=True)
    if number_words is None:
        texts = [words(EPOCH + timedelta(days=value)) for value in values.tolist()]
    else:
        texts = [number_words(value) for value in values.tolist()]
    return pc.fill_null(array(texts, pa.string()).take(array(place, mask=mask)), blank)


# --- small things ---------------------------------------------------------------------------------------------------


def _days(column: Any) -> Any:
    """A date column as days since 1970, masked where blank."""
    numbers = column.combine_chunks().cast(pa.int32())
    return np.ma.masked_array(
        numbers.fill_null(0).to_numpy(zero_copy_only=False), numbers.is_null().to_numpy(zero_copy_only=False)
    )


def _rank(column: Any) -> Ints:
    code: Any = column.combine_chunks().dictionary_encode()
    ranks = [priorities.rank(text) for text in code.dictionary.to_pylist()] + [priorities.RANK_NOT_RECORDED]
    place = pc.fill_null(code.indices.cast(pa.int32()), len(ranks) - 1).to_numpy(zero_copy_only=False)
    return np.asarray(np.array(ranks, dtype=np.int32)[place])
