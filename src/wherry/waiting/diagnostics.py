"""The six-week list: everyone who waits for a diagnostic test, longest first, those of unknown start before all.

A request waits while the test is neither done nor taken off the list by the census. A planned test (surveillance at a
set interval) waits only from the day after it fell due, and its wait counts from that day; one whose due date nobody
recorded is listed with an unknown start, since nobody can say that it is not overdue. Over six weeks is more than 42
days. Requests are counted, not people: two requests for one person are two tests, and a cancelled one has left. Source:
DM01, diagnostics waiting times and activity guidance (general knowledge: check before relying on it).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import ibis
import pyarrow as pa

from wherry.hub.derivation import DeriveContext
from wherry.hub.schema import TABLES
from wherry.reference import standards
from wherry.waiting.facts import LONG_AGO

Value = Any
LIMIT = "diagnostics.six_weeks.limit"


def limit_days(census: date) -> int:
    """Days within which a test should be done: more than these is over the limit.

    >>> limit_days(date(2026, 1, 31))
    42
    """
    held = standards.in_force(LIMIT, census) or standards.history(LIMIT)[0]
    return held.days


def derive(tables: Mapping[str, Any], context: DeriveContext) -> dict[str, Any]:
    """`diagnostic_list` of one snapshot, by `wherry.hub.schema_elective`."""
    schema = TABLES["diagnostic_list"].schema
    if "diagnostic_request" not in tables:
        return {"diagnostic_list": schema.empty_table()}
    census = context.census
    waiting = waits(tables["diagnostic_request"], census)
    rows = _known(waiting, tables, census)
    read = context.backend.arrow if hasattr(context.backend, "arrow") else context.backend.to_pyarrow
    order = [rows["clock_start_on"].notnull(), rows["clock_start_on"], rows["request_key"]]
    return {"diagnostic_list": pa.table(read(rows.order_by(order))).select(schema.names).cast(schema)}


def waits(request: Any, census: date) -> Any:
    """The requests that wait at the census, with their clock, as an Ibis table."""
    day = ibis.literal(census)
    planned = request["planned"].fill_null(False)
    due = ibis.coalesce(request["planned_due_on"], request["clock_start_on"])
    start = ibis.ifelse(planned, due, request["clock_start_on"])
    gone = (request["performed_on"] <= day).fill_null(False) | (request["removed_on"] <= day).fill_null(False)
    not_yet = (request["requested_on"] > day).fill_null(False) | (start > day).fill_null(False)
    not_due = planned & (due >= day).fill_null(False)
    rows = request.mutate(clock=start, is_planned=planned).filter(~gone, ~not_yet, ~not_due)
    waited = day.delta(rows["clock"], unit="day").cast("int32")
    limit = limit_days(census)
    breach = (rows["clock"] + ibis.interval(days=limit + 1)).cast("timestamp").cast("date")
    ahead = (rows["booked_for"] >= day).fill_null(False)
    rows = rows.mutate(days_waited=waited, breach_on=breach)
    return rows.select(
        "request_key",
        "identity_key",
        "person_key",
        "pathway_key",
        "test",
        "days_waited",
        "breach_on",
        organisation=rows["source"],
        site=rows["site"].nullif(""),
        priority=rows["priority"].nullif(""),
        clock_start_on=rows["clock"],
        weeks_waited=(rows["days_waited"] / 7).floor().cast("int32"),
        over_six_weeks=(rows["days_waited"] > limit).fill_null(False),
        booked_for=ibis.ifelse(ahead, rows["booked_for"], ibis.null("date")),
        planned_overdue=rows["is_planned"] & rows["clock"].notnull(),
    )


def _known(waiting: Any, tables: Mapping[str, Any], census: date) -> Any:
    """The same with who the person is, and whether the pathway is an open cancer pathway."""
    identity, person = tables["person_identity"], tables["person"]
    named = identity.select(
        "identity_key",
        "surname",
        "forename",
        nhs_number=ibis.ifelse(identity["nhs_number_valid"], identity["nhs_number"], ibis.null("string")),
        own_birth_date=identity["birth_date"],
        own_sex=identity["sex"],
    )
    known = person.select(
        "person_key",
        "lsoa",
        person_birth_date=person["birth_date"],
        person_sex=person["sex"],
        imd_quintile=((person["imd_decile"] + 1) / 2).floor().cast("int32"),
    )
    wide = waiting.left_join(named, "identity_key").drop("identity_key_right")
    wide = wide.left_join(known, "person_key").drop("person_key_right")
    if "cancer_pathway" in tables:
        wide = wide.left_join(open_cancers(tables["cancer_pathway"], census), "pathway_key").drop("pathway_key_right")
    else:
        wide = wide.mutate(cancer_open=ibis.literal(False))
    born = ibis.coalesce(wide["person_birth_date"], wide["own_birth_date"])
    before_birthday = (born.month() > census.month) | ((born.month() == census.month) & (born.day() > census.day))
    return wide.mutate(
        birth_date=born,
        sex=ibis.coalesce(wide["person_sex"], wide["own_sex"]),
        age=(ibis.literal(census.year) - born.year() - before_birthday.cast("int32")).cast("int32"),
        on_cancer_pathway=wide["cancer_open"].fill_null(False),
    )


def open_cancers(cancer_pathway: Any, census: date) -> Any:
    """Pathways with a cancer pathway that is neither treated nor closed at the census, each once."""
    after = [(cancer_pathway[name].fill_null(LONG_AGO) > census) for name in ("treatment_date", "closed_on")]
    never = [cancer_pathway[name].isnull() for name in ("treatment_date", "closed_on")]
    rows = cancer_pathway.filter(never[0] | after[0], never[1] | after[1])
    return rows.select("pathway_key", cancer_open=ibis.literal(True)).distinct()
