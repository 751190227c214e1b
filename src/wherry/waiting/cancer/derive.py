"""What the hub calls: `cancer_wait`, one row a cancer pathway, from the common tables of one snapshot.

The clocks are those of contract B. A file's row with a date after the census is refused; here such a date is set aside
and said (`date_after_census`), so that nobody falls off the tracking list for a mistyped date.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import ibis
import pyarrow as pa

from wherry.hub.derivation import DeriveContext
from wherry.hub.schema import TABLES
from wherry.waiting.cancer import waits
from wherry.waiting.cancer.concerns import Case, found
from wherry.waiting.cancer.journey import Journey, journey
from wherry.waiting.cancer.rules import TimedPathways, timed_pathways
from wherry.waiting.cancer.sentences import why

Row = dict[str, Any]
CLOCKS = tuple(waits.CLOCKS)
#: Dates of things that have happened: one after the census is set aside.
HAPPENED = (*waits.DATES, "first_seen_on", "mdt_on", "transferred_on", "closed_on")
_EVENT = ("cancer_key", "milestone", "planned_for", "done_on", "site")


def derive(tables: Mapping[str, Any], context: DeriveContext) -> dict[str, pa.Table]:
    """`cancer_wait` of one snapshot, by `wherry.hub.schema_elective`, in the order of `cancer_key`."""
    schema = TABLES["cancer_wait"].schema
    if "cancer_pathway" not in tables:
        return {"cancer_wait": schema.empty_table()}
    read = context.backend.arrow if hasattr(context.backend, "arrow") else context.backend.to_pyarrow
    sent = pa.table(read(_known(tables, context.census)))
    if not sent.num_rows:
        return {"cancer_wait": schema.empty_table()}
    events: dict[str, list[Row]] = defaultdict(list)
    if "cancer_event" in tables:
        for event in pa.table(read(tables["cancer_event"].select(*_EVENT))).to_pylist():
            events[event["cancer_key"]].append(event)
    made = rows(sent, events, context.system, context.census)
    columns = {f.name: pa.array([row[f.name] for row in made], f.type) for f in schema}
    return {"cancer_wait": pa.table(columns, schema=schema)}


def _known(tables: Mapping[str, Any], census: date) -> Any:
    """Cancer pathways with who the person is, and whether the pathway is on the waiting list, as an Ibis table."""
    sent, identity, person = tables["cancer_pathway"], tables["person_identity"], tables["person"]
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
        "ethnic_category",
        person_birth_date=person["birth_date"],
        person_sex=person["sex"],
        imd_quintile=((person["imd_decile"] + 1) / 2).floor().cast("int32"),
    )
    pathway = tables["pathway"].select("pathway_key", "identity_key")
    wide = sent.left_join(pathway, "pathway_key").drop("pathway_key_right")
    wide = wide.left_join(named, "identity_key").drop("identity_key_right")
    wide = wide.left_join(known, "person_key").drop("person_key_right")
    if "waiting_list" in tables:
        listed = tables["waiting_list"].select("pathway_key").distinct().mutate(on_list=ibis.literal(True))
        wide = wide.left_join(listed, "pathway_key").drop("pathway_key_right")
    else:
        wide = wide.mutate(on_list=ibis.literal(True))
    born = ibis.coalesce(wide["person_birth_date"], wide["own_birth_date"])
    before_birthday = (born.month() > census.month) | ((born.month() == census.month) & (born.day() > census.day))
    wide = wide.mutate(
        birth_date=born,
        sex=ibis.coalesce(wide["person_sex"], wide["own_sex"]),
        age=(ibis.literal(census.year) - born.year() - before_birthday.cast("int32")).cast("int32"),
        on_list=wide["on_list"].fill_null(False),
    )
    return wide.order_by("cancer_key")


def rows(sent: pa.Table, events: Mapping[str, list[Row]], system: Any, census: date) -> list[Row]:
    """The rows of `cancer_wait`, from rows of `cancer_pathway` with who the person is."""
    timed = timed_pathways(getattr(system, "folder", None))
    pathways = [_set_aside(row, census) for row in sent.to_pylist()]
    clocks = clocks_of([row for row, _ in pathways], census)
    elsewhere = _Elsewhere(system, timed, census)
    tracked = [row["treatment_date"] is None and row["closed_on"] is None for row, _ in pathways]
    twice = _twice([row for (row, _), on in zip(pathways, tracked, strict=True) if on])
    out = []
    for at, (row, aside) in enumerate(pathways):
        way = journey(row, events.get(row["cancer_key"], ()), timed, census)
        waited = {clock: clocks[f"{clock}_wait"][at] for clock in CLOCKS}
        statuses = {clock: clocks[f"{clock}_status"][at] for clock in CLOCKS}
        case = Case(
            row,
            waited,
            statuses,
            way,
            timed.of(row["tumour_group"], census),
            census,
            tracked[at],
            treated_elsewhere=tracked[at] and elsewhere(row),
            number_missing=row["nhs_number"] is None,
            twice=row["cancer_key"] in twice,
            on_list=row["on_list"],
            set_aside=aside,
        )
        out.append(_row(case, timed))
    return out


def _set_aside(row: Row, census: date) -> tuple[Row, bool]:
    late = [name for name in HAPPENED if row.get(name) is not None and row[name] > census]
    return {**row, **dict.fromkeys(late)}, bool(late)


def clocks_of(pathways: list[Row], census: date) -> dict[str, list[Any]]:
    """The three clocks of rows of `cancer_pathway`, column by column in the rows' own order (contract B)."""
    types = {"pathway_id": pa.string(), **{name: pa.date32() for name in waits.DATES}, "fds_exclusion": pa.bool_()}
    types |= dict.fromkeys(("first_seen_adjustment_days", "treatment_adjustment_days"), pa.int64())
    columns = {
        name: pa.array(
            [row[name if name != "pathway_id" else "cancer_key"] for row in pathways], types.get(name, pa.string())
        )
        for name in waits.COLUMNS
    }
    return waits.derive(pa.table(columns), census).sort_by("row").to_pydict()


def _twice(pathways: list[Row]) -> set[str]:
    """Tracked first treatments of a person and tumour group that has more than one."""
    same: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in pathways:
        if row["treatment_order"] != "subsequent" and row["tumour_group"] != "other":
            same[row["person_key"], row["tumour_group"]].append(row["cancer_key"])
    return {key for keys in same.values() if len(keys) > 1 for key in keys}


class _Elsewhere:
    """Whether another trust is to treat: the site named is another's, or no site of the trust does it that complex."""

    def __init__(self, system: Any, timed: TimedPathways, census: date) -> None:
        self._sites = {site.code: site.organisation for site in getattr(system, "sites", ())}
        self._services = getattr(system, "services", None)
        self._timed, self._census = timed, census
        self._can = lru_cache(maxsize=None)(self._can_afresh)

    def __call__(self, row: Row) -> bool:
        owner = self._sites.get(row["site"] or "")
        if owner is not None and owner != row["source"]:
            return True
        need = self._timed.of(row["tumour_group"], self._census).needs.get("treated")
        if row["modality"] not in (None, "", "surgery") or need is None or not row["complexity"]:
            return False
        return not self._can(row["source"], need.treatment_function, need.procedure_group, row["complexity"])

    def _can_afresh(self, trust: str, function: str, group: str, complexity: str) -> bool:
        own = [site for site, owner in self._sites.items() if owner == trust]
        if self._services is None or not own or not self._services.rows:
            return True
        return any(self._services.can(site, function, group, complexity, self._census) for site in own)


def _row(case: Case, timed: TimedPathways) -> Row:
    row, way = case.row, case.journey
    breach_on, breach_clock = breach(case) if case.tracked else (None, None)
    codes = found(case)
    step = way.next if case.tracked else None
    return {
        **row,
        "organisation": row["source"],
        "start_on": way.start_on,
        "day": case.day,
        **{f"{clock}_wait": case.waits[clock] for clock in CLOCKS},
        **{f"{clock}_status": case.statuses[clock] for clock in CLOCKS},
        "breach_on": breach_on,
        "breach_clock": breach_clock,
        "tracked": case.tracked,
        "last_milestone": way.last.code if way.last else None,
        "last_milestone_on": way.last.done_on if way.last else None,
        "next_milestone": step.code if step else None,
        "next_due_on": step.due_on if step else None,
        "next_planned_for": step.planned_for if step else None,
        "days_late": step.late if step else None,
        "concerns": ";".join(codes),
        "why": why(case, codes, timed),
    }


def breach(case: Case) -> tuple[date | None, str | None]:
    """The first day beyond the nearest open limit, and its clock: the nearest ahead, or the last that has passed.

    Days taken off move a limit by as many days.
    """
    days = {
        clock: case.census + timedelta(days=waits.limit(clock, case.census) - (case.waits[clock] or 0) + 1)
        for clock in CLOCKS
        if case.statuses[clock].startswith("open")
    }
    if not days:
        return None, None
    ahead = {clock: on for clock, on in days.items() if on > case.census}
    clock = min(ahead, key=lambda name: ahead[name]) if ahead else max(days, key=lambda name: days[name])
    return days[clock], clock


def journey_of(row: Row, events: list[Row], system: Any, census: date) -> Journey:
    """The journey of one published row of `cancer_pathway`, for a patient's page."""
    return journey(_set_aside(row, census)[0], events, timed_pathways(getattr(system, "folder", None)), census)
