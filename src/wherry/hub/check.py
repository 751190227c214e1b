"""Checks of each row: text made into dates, numbers, yes or no and codes, and what cannot be is said, row by row.

A row fails *hard* when it cannot mean anything: its key or another required value is missing, or it says that something
happened after the extract was made. It goes to quarantine whole. A value fails *softly* when the row still means
something without it: the value is left blank, the row is published, and `blanked_value` says what was there. So a
mistyped discharge date cannot take somebody off the waiting list. What a column may hold is in `values`. Everything is
Ibis, with nothing that only one engine has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import or_

import ibis
import pyarrow as pa

from wherry.hub.backends import Backend
from wherry.hub.landing import BAD_LINES, LINE, Load, text_schema
from wherry.hub.scan import RAW_KEPT
from wherry.hub.schema import FEEDS, Column
from wherry.hub.templates import Template
from wherry.hub.values import (
    DOMAINS,
    EARLIEST,
    FORMS,
    HARD,
    LIMITS,
    PAST,
    SCALES,
    STANDS_IN,
    YEARS_AHEAD,
    Limit,
    read_date,
    read_number,
)

BAD = BAD_LINES
BLANKED = text_schema("source_row", "column_name", "raw", "reason_code", "reason")


@dataclass
class _Fault:
    """One way in which one column can be wrong: when, its code, and its words (text, for rows where `when` is true)."""

    column: str
    when: ibis.expr.types.BooleanValue
    code: str
    words: ibis.expr.types.StringValue


@dataclass
class _Plan:
    """What to do with one landed file: typed columns, hard faults and soft faults."""

    typed: dict[str, ibis.Value] = field(default_factory=dict)
    hard: list[_Fault] = field(default_factory=list)
    soft: list[_Fault] = field(default_factory=list)


@dataclass(frozen=True)
class Checked:
    """One load after its checks: `good` rows (feed columns, typed, with lineage), bad rows and blanked values.

    `came` has every landed row's `source_row` and its text as quarantine shows it.
    """

    load: Load
    came: ibis.Table
    good: ibis.Table
    good_rows: int
    bad: pa.Table
    blanked: pa.Table


def check(load: Load, template: Template, raw: ibis.Table, bad_lines: pa.Table, backend: Backend) -> Checked:
    """Check every row of one landed file. Rows in = good rows + rows of `bad`, always (`AssertionError` if not)."""
    shape = FEEDS[load.feed]
    plan = _plan(load, template, raw)
    failed = reduce(or_, [fault.when for fault in plan.hard])
    stage = backend.keep(
        raw.select(
            **plan.typed,
            source=ibis.literal(load.source),
            load_id=ibis.literal(load.load_id),
            source_row=raw[LINE],
            valid_at=ibis.literal(load.extract_on).cast("date"),
            __failed=failed,
            **{f"__soft_{number}": fault.when for number, fault in enumerate(plan.soft)},
        ),
        f"stage_{load.load_id}",
    )
    softs = [f"__soft_{number}" for number in range(len(plan.soft))]
    counts = backend.arrow(
        stage.aggregate(
            rows=stage.count(),
            keys=reduce(lambda left, right: left + "\x1f" + right, [stage[name] for name in shape.key]).nunique(
                where=~stage["__failed"]
            ),
            failed=stage["__failed"].cast("int64").sum(),
            **{name: stage[name].cast("int64").sum() for name in softs},
        )
    ).to_pylist()[0]
    good = stage.filter(~stage["__failed"]).drop("__failed", *softs)
    bad = [bad_lines]
    if counts["failed"]:
        bad.append(backend.arrow(_reasons(raw, plan.hard, failed, template, load)))
    passed, repeated = counts["rows"] - (counts["failed"] or 0), 0
    if counts["keys"] < passed:
        good, repeats = _without_repeats(good, raw, shape.key, template, load, backend)
        bad.append(repeats)
        repeated = repeats.num_rows
    chosen = [(name, fault) for name, fault in zip(softs, plan.soft, strict=True) if counts[name]]
    blanked = [backend.arrow(_blanked(raw, fault, failed, template)) for _, fault in chosen]
    good_rows = passed - repeated
    came = raw.select(source_row=raw[LINE], raw=_raw_row(raw, template))
    result = Checked(load, came, good, good_rows, _stack(bad, BAD), _stack(blanked, BLANKED))
    if load.rows_read != good_rows + result.bad.num_rows:
        raise AssertionError(
            f"{load.file_name}: {load.rows_read} rows read, but {good_rows} good and {result.bad.num_rows} bad"
        )
    return result


def _stack(tables: Sequence[pa.Table], schema: pa.Schema) -> pa.Table:
    return pa.concat_tables([schema.empty_table(), *(table.select(schema.names).cast(schema) for table in tables)])


# --- what each column must be ---------------------------------------------------------------------------------------


def _plan(load: Load, template: Template, raw: ibis.Table) -> _Plan:
    plan = _Plan()
    for column in FEEDS[load.feed].columns:
        if column.name not in template.columns:
            plan.typed[column.name] = ibis.null(_kind(column.type))
            continue
        text = _tidy(column.name, raw[template.columns[column.name]], load.padded)
        said = f"{column.name} ({template.columns[column.name]})"
        faults: list[_Fault] = []
        value = _value(column, text, said, load, template, plan.typed, faults)
        stand_in = STANDS_IN.get((load.feed, column.name))
        hard = (column.required or column.name in HARD) and stand_in is None
        if column.required:
            words = ibis.literal(f"{said} is missing")
            faults.append(_Fault(column.name, text.isnull(), "required_missing", words))
        if stand_in is not None:
            faults = [replace(fault, words=fault.words + ibis.literal(f", taken as {stand_in}")) for fault in faults]
        (plan.hard if hard else plan.soft).extend(faults)
        if faults and not hard:
            rest = ibis.null(value.type()) if stand_in is None else ibis.literal(stand_in)
            value = ibis.ifelse(reduce(or_, [fault.when for fault in faults]), rest, value)
        plan.typed[column.name] = value
    return plan


def _kind(kind: pa.DataType) -> ibis.DataType:
    return ibis.Schema.from_pyarrow(pa.schema([("value", kind)]))["value"]


def _tidy(name: str, raw: ibis.expr.types.StringValue, padded: bool) -> ibis.expr.types.StringValue:
    """A value without the spaces around it; blank is null. Spaces inside an NHS number go too."""
    text = raw.strip() if padded else raw
    if name == "nhs_number":
        text = text.re_replace(r"[ \-]", "")
    elif name == "postcode":
        text = text.upper().re_replace(r" +", " ")
    return text.nullif("")


def _value(
    column: Column,
    text: ibis.expr.types.StringValue,
    said: str,
    load: Load,
    template: Template,
    before: Mapping[str, ibis.Value],
    faults: list[_Fault],
) -> ibis.Value:
    """The typed value of one column; its faults are added. `before` has the typed columns that come before it."""
    if column.type == pa.date32():
        return _date(column.name, text, said, load, template.date_format, faults)
    if column.type in (pa.int32(), pa.float64()):
        return _number(column, text, said, load, before, faults)
    if column.type == pa.bool_():
        known = (template.true, template.false)
        _add(
            faults,
            column,
            text.notnull() & text.notin(known),
            "unknown_code",
            said,
            text,
            f"neither {known[0]} nor {known[1]}",
        )
        return text.cases((template.true, True), (template.false, False), else_=ibis.null("boolean"))
    if codes := template.codes.get(column.name):
        _add(
            faults,
            column,
            text.notnull() & text.notin(list(codes)),
            "unknown_code",
            said,
            text,
            "a code that its template does not know",
        )
        return text.cases(*codes.items(), else_=ibis.null("string"))
    if domain := DOMAINS[load.feed].get(column.name):
        _add(
            faults,
            column,
            text.notnull() & text.notin(domain),
            "unknown_code",
            said,
            text,
            f"none of {', '.join(domain)}",
        )
    if form := FORMS.get((load.feed, column.name)):
        _add(faults, column, text.notnull() & ~text.re_search(form[0]), "wrong_form", said, text, f"not {form[1]}")
    return text


def _add(
    faults: list[_Fault],
    column: Column,
    when: ibis.expr.types.BooleanValue,
    code: str,
    said: str,
    text: ibis.expr.types.StringValue,
    words: str,
) -> None:
    # A null here means that there is nothing to be wrong.
    shown = ibis.literal(f"{said} is '") + text.fill_null("").substr(0, 100) + ibis.literal(f"', {words}")
    faults.append(_Fault(column.name, when.fill_null(False), code, shown))


def _date(
    name: str, text: ibis.expr.types.StringValue, said: str, load: Load, form: str, faults: list[_Fault]
) -> ibis.expr.types.DateValue:
    value = read_date(text, form)
    column = Column(name, pa.date32(), "")
    last = load.extract_on if name in PAST else load.extract_on.replace(year=load.extract_on.year + YEARS_AHEAD, day=1)
    _add(
        faults,
        column,
        text.notnull() & value.isnull(),
        "unreadable_date",
        said,
        text,
        f"which is not a date written {form}",
    )
    _add(
        faults,
        column,
        value < ibis.literal(EARLIEST).cast("date"),
        "date_too_early",
        said,
        text,
        "which is before 1900",
    )
    if name in PAST:
        words = f"which is after the extract was made ({load.extract_on})"
        _add(faults, column, value > ibis.literal(last).cast("date"), "date_after_extract", said, text, words)
    else:
        words = f"which is more than {YEARS_AHEAD} years ahead"
        _add(faults, column, value > ibis.literal(last).cast("date"), "date_far_ahead", said, text, words)
    return value


def _number(
    column: Column,
    text: ibis.expr.types.StringValue,
    said: str,
    load: Load,
    before: Mapping[str, ibis.Value],
    faults: list[_Fault],
) -> ibis.expr.types.NumericValue:
    value = read_number(text, column.type)
    words = "which is not a whole number" if column.type == pa.int32() else "which is not a number"
    _add(faults, column, text.notnull() & value.isnull(), "unreadable_number", said, text, words)
    limits: list[tuple[Limit, ibis.expr.types.BooleanValue | None]] = []
    if limit := LIMITS.get((load.feed, column.name)):
        limits.append((limit, None))
    if scale := SCALES.get((load.feed, column.name)):
        limits += [(limit, before[scale[0]] == code) for code, limit in scale[1].items()]
    for limit, where in limits:
        outside = (value < limit.low) | (value > limit.high)
        if limit.whole:
            outside = outside | (value != value.round())
        _add(faults, column, outside if where is None else where & outside, "out_of_range", said, text, limit.words())
    return value


# --- what failed, in words ------------------------------------------------------------------------------------------


def _raw_row(raw: ibis.Table, template: Template) -> ibis.expr.types.StringValue:
    """The row as it came: its fields joined by the delimiter, cut to what quarantine keeps."""
    parts = [raw[name].fill_null("") for name in raw.columns if name != LINE]
    joined = reduce(lambda left, right: left + ibis.literal(template.delimiter) + right, parts)
    return joined.substr(0, RAW_KEPT)


def _reasons(
    raw: ibis.Table, faults: Sequence[_Fault], failed: ibis.expr.types.BooleanValue, template: Template, load: Load
) -> ibis.Table:
    code = ibis.coalesce(*[ibis.ifelse(fault.when, fault.code, ibis.null("string")) for fault in faults])
    words = [ibis.ifelse(fault.when, fault.words + ibis.literal("; "), ibis.literal("")) for fault in faults]
    reason = reduce(lambda left, right: left + right, words)
    reason = reason.substr(0, reason.length() - 2)
    chosen = raw.select(source_row=raw[LINE], reason_code=code, reason=reason, raw=_raw_row(raw, template), keep=failed)
    return chosen.filter(chosen["keep"]).drop("keep")


def _blanked(raw: ibis.Table, fault: _Fault, failed: ibis.expr.types.BooleanValue, template: Template) -> ibis.Table:
    chosen = raw.select(
        source_row=raw[LINE],
        column_name=ibis.literal(fault.column),
        raw=raw[template.columns[fault.column]].substr(0, RAW_KEPT),
        reason_code=ibis.literal(fault.code),
        reason=fault.words,
        keep=fault.when & ~failed,
    )
    return chosen.filter(chosen["keep"]).drop("keep")


def _without_repeats(
    good: ibis.Table, raw: ibis.Table, key: tuple[str, ...], template: Template, load: Load, backend: Backend
) -> tuple[ibis.Table, pa.Table]:
    """Good rows without those whose key an earlier row of the same file has, and the latter as bad rows."""
    firsts = good.group_by(*key).aggregate(first_row=good["source_row"].min(), rows=good.count())
    firsts = firsts.filter(firsts["rows"] > 1).drop("rows")
    repeats = good.inner_join(firsts, list(key))
    repeats = repeats.filter(repeats["source_row"] > repeats["first_row"]).select("source_row", "first_row")
    repeats = backend.keep(repeats, f"repeated_{load.load_id}")
    named = " and ".join(template.columns[name] for name in key)
    row = raw.mutate(__raw=_raw_row(raw, template)).select(LINE, "__raw")
    joined = repeats.inner_join(row, repeats["source_row"] == row[LINE])
    bad = joined.select(
        "source_row",
        reason_code=ibis.literal("duplicate_key"),
        reason=ibis.literal(f"the same {named} as on line ")
        + joined["first_row"].cast("string")
        + ibis.literal(" of this file, which was kept"),
        raw=joined["__raw"],
    )
    return good.anti_join(repeats, "source_row"), backend.arrow(bad)
