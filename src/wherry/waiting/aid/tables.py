"""From a snapshot's tables to the problem: who waits for what, how far they live from each site, and what is free.

Somebody waits where their pathway's last event was, if that site can do what they need; otherwise at the first site of
their trust that can. A case is one step harder than its procedure for somebody frail or of a high ASA grade. Distance
is road miles by a factor on the great circle from the middle of the LSOA. Somebody whose address is not known, or who
has died, is not moved.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from wherry.errors import UserError
from wherry.reference import procedure_groups
from wherry.reference.priorities import rank as rank_of
from wherry.reference.services import COMPLEXITIES
from wherry.reference.system import System
from wherry.waiting.aid import columns
from wherry.waiting.aid.policy import Policy, Scale, scale_on
from wherry.waiting.aid.problem import KIND, NONE, Bools, Cells, Ints, Need, People, Problem
from wherry.waiting.offer_rules import road_miles

pc: Any = pyarrow.compute  # the stubs of both are narrower than they are
array: Any = pa.array
Column = Any
#: A clock: pathway key and period.
Clock = tuple[str, int]

#: Rank that cancer has at the latest: as P2.
CANCER_RANK = rank_of("P2")
_STAGE = {kind: stage for stage, kind in KIND.items()}

LIST = [
    *("pathway_key", "period", "person_key", "organisation", "site", "treatment_function", "clinical_priority"),
    *("priority_type", "list_order_date", "days_waited", "stage", "procedure", "tci_on", "next_event_on"),
    *("next_event_kind", "lsoa", "imd_quintile", "age", "sex", "ethnic_category", "weeks_waited"),
]
CAPACITY = [
    *("kind", "site", "week_start", "treatment_function", "procedure_group", "complexity"),
    *("planned_minutes", "planned_slots", "free_minutes", "free_slots"),
]


def problem_of(
    snapshot: Any,
    system: System,
    policy: Policy,
    today: date,
    *,
    stay: Collection[Clock] = (),
    off: Collection[Clock] = (),
    promised: Mapping[str, tuple[int, int]] | None = None,
) -> Problem:
    """The problem of a snapshot (anything with `arrow(table, columns)`) under a policy.

    `stay` are clocks (pathway key, period) that must not be moved: they have an offer, or have declined. `off` are
    clocks that were decided off the list: they take no place. `promised` are the places and minutes that offers hold,
    by the pool's key. Raises UserError if there is no capacity to plan with.
    """
    listed: Column = snapshot.arrow("waiting_list", LIST)
    listed = listed.filter(array(~_among(listed, off)))
    if policy.functions:
        listed = listed.filter(pc.is_in(listed["treatment_function"], value_set=array(policy.functions, pa.string())))
    capacity = snapshot.arrow("capacity_week", CAPACITY)
    horizon, monday = policy.horizon, today - timedelta(days=today.weekday())
    sites = tuple(dict.fromkeys(site.code for trust in system.trusts for site in system.sites_of(trust)))
    trust_of = {site.code: site.organisation for site in system.sites}
    scale = scale_on(today)
    cells = cells_of(capacity, sites, monday, horizon, minutes=policy.theatre == "minutes")
    if not len(cells):
        raise UserError(
            "There is no theatre or clinic capacity from today on in this snapshot, so nobody can be placed. "
            "Send the capacity extracts (feed session), and build again."
        )
    frailty = hard_people(snapshot.arrow("observation", ["person_key", "observed_on", "code", "value"]), scale, today)
    codes, needs = needs_of(listed, frailty)
    can = capable(system, needs, sites, today)
    homes = homes_of(listed, codes, can, sites, trust_of)
    miles = miles_of(listed, system, sites, today)
    willing = willing_of(listed, snapshot.arrow("contact_detail", ["person_key", "miles_willing"]), policy.miles)
    rows = np.arange(listed.num_rows)
    reach = can[codes] & (miles >= 0) & (miles <= willing[:, None])
    reach[rows, homes] = can[codes, homes]
    cancer = cancer_of(listed, snapshot.arrow("cancer_pathway", ["pathway_key", "treatment_date", "closed_on"]))
    ranks = columns.by_value(listed["clinical_priority"], rank_of)
    ranks = np.where(cancer, np.minimum(ranks, CANCER_RANK), ranks).astype(np.int64)
    order = columns.days(listed["list_order_date"], 0)
    weeks = np.where(order > 0, np.maximum(0, (today - date(1970, 1, 1)).days - order) // 7, scale.weeks_when_unknown)
    died = snapshot.arrow("person", ["person_key", "death_date"])
    died = died.filter(pc.is_valid(died["death_date"]))
    gone = columns.bools(pc.is_in(listed["person_key"], value_set=columns.one(died["person_key"])))
    people = People(
        key=np.asarray(listed["pathway_key"].to_numpy(), dtype=object).astype(str),
        period=listed["period"].to_numpy().astype(np.int64),
        need=codes,
        rank=ranks,
        order=order,
        weeks=weeks.astype(np.int64),
        home=homes,
        miles=miles,
        reach=reach,
        protected=ranks <= CANCER_RANK,
        booked=booked_of(listed, monday, horizon),
        deprived=columns.bools(pc.fill_null(pc.equal(listed["imd_quintile"], 1), False)),
        stay=_among(listed, stay) | gone,
    )
    lengths = snapshot.arrow("case_length", ["site", "procedure_group", "mean_minutes", "turnover_minutes"])
    about = listed.append_column("cancer", array(cancer)).append_column("listed_priority", listed["clinical_priority"])
    trusts = tuple(trust_of[site] for site in sites)
    use = minutes_of(lengths, needs, sites)
    problem = Problem(today, horizon, scale, sites, trusts, needs, cells, people, use, about)
    return without_promised(problem, promised or {})


def without_promised(problem: Problem, promised: Mapping[str, tuple[int, int]]) -> Problem:
    """The problem less the places (or minutes) that offers hold."""
    if not promised:
        return problem
    cells, room = problem.cells, problem.cells.room.copy()
    for cell in range(len(cells)):
        places, minutes = promised.get(problem.capacity_key(cell), (0, 0))
        room[cell] -= minutes if cells.by_minutes[cell] else places
    return replace(problem, cells=replace(cells, room=np.maximum(room, 0)))


# --- capacity ---------------------------------------------------------------------------------------------------------


def cells_of(capacity: Column, sites: tuple[str, ...], monday: date, horizon: int, *, minutes: bool) -> Cells:
    """Pools with room in the weeks looked ahead. Weeks after the last planned one repeat the mean of those planned.

    Nothing is promised yet in repeated weeks: their room is that of the planned sessions, not of what is free in them.
    """
    kind = capacity["kind"]
    wanted = pc.and_(
        pc.is_in(kind, value_set=array(list(_STAGE))), pc.is_in(capacity["site"], value_set=array(list(sites)))
    )
    rows: Column = capacity.filter(wanted)
    week = (columns.days(rows["week_start"], -1) - (monday - date(1970, 1, 1)).days) // 7
    ahead = (week >= 0) & (week < horizon)
    rows, week = rows.filter(array(ahead)), week[ahead]
    by_minutes = columns.bools(pc.equal(rows["kind"], "theatre")) & minutes
    free = np.where(by_minutes, columns.ints(rows["free_minutes"]), columns.ints(rows["free_slots"]))
    planned = np.where(by_minutes, columns.ints(rows["planned_minutes"]), columns.ints(rows["planned_slots"]))
    place = {code: number for number, code in enumerate(sites)}
    made = Cells(
        stage=columns.texts(rows["kind"], _STAGE),
        function=columns.texts(rows["treatment_function"]),
        group=columns.texts(rows["procedure_group"]),
        complexity=columns.texts(rows["complexity"]),
        site=np.array([place[code] for code in rows["site"].to_pylist()], dtype=np.int64),
        week=week.astype(np.int64),
        room=free.astype(np.int64),
        by_minutes=by_minutes,
        planned=np.ones(len(week), dtype=bool),
    )
    return _in_order(_extended(made, planned.astype(np.int64), horizon))


def _extended(cells: Cells, planned: Ints, horizon: int) -> Cells:
    last = int(cells.week.max(initial=-1))
    if last < 0 or last >= horizon - 1:
        return cells
    from wherry.waiting.aid.groups import combine

    pool = combine(cells.stage, cells.function, cells.group, cells.complexity, cells.site)
    first = np.unique(pool, return_index=True)[1]
    usual = np.floor(np.bincount(pool, planned) / (last + 1) + 0.5).astype(np.int64)
    later = np.arange(last + 1, horizon)
    rows = np.repeat(first, len(later))
    copied = cells.take(rows)
    names = ("stage", "function", "group", "complexity", "site", "by_minutes")
    parts = {name: np.concatenate([getattr(cells, name), getattr(copied, name)]) for name in names}
    return Cells(
        **parts,
        week=np.concatenate([cells.week, np.tile(later, len(first))]),
        room=np.concatenate([cells.room, np.repeat(usual, len(later))]),
        planned=np.concatenate([cells.planned, np.zeros(len(rows), dtype=bool)]),
    )


def _in_order(cells: Cells) -> Cells:
    """Pools with room, in an order that no file decides."""
    order = np.lexsort((cells.week, cells.site, cells.complexity, cells.group, cells.function, cells.stage))
    return cells.take(order[cells.room[order] > 0])


def minutes_of(lengths: Column, needs: tuple[Need, ...], sites: tuple[str, ...]) -> Ints:
    """Theatre minutes of a case with its turnover, needs by sites: the site's own mean, else the group's usual."""
    found = {
        (row["site"], row["procedure_group"]): row["mean_minutes"] + (row["turnover_minutes"] or 0)
        for row in lengths.to_pylist()
    }
    usual = {code: group.minutes for code, group in procedure_groups.GROUPS.items()}
    out = [[found.get((site, need.group), usual.get(need.group, 60)) for site in sites] for need in needs]
    return np.ceil(np.array(out, dtype=np.float64).reshape(len(needs), len(sites))).astype(np.int64)


# --- people -----------------------------------------------------------------------------------------------------------


def needs_of(listed: Column, hard: Bools | Collection[str]) -> tuple[Ints, tuple[Need, ...]]:
    """What each person needs, as numbers, and the distinct needs in their own order."""
    group = np.array(columns.by_text(listed["procedure"], procedure_groups.group_of), dtype=object)
    stage = np.array(listed["stage"].to_pylist(), dtype=object)
    function = np.array(columns.by_text(listed["treatment_function"], lambda code: code or ""), dtype=object)
    step = columns.bools(pc.is_in(listed["person_key"], value_set=array(sorted(hard), pa.string()))).astype(np.int64)
    level = {code: COMPLEXITIES.index(known.complexity) for code, known in procedure_groups.GROUPS.items()}
    base = np.array([level[code] for code in group], dtype=np.int64)
    known = columns.bools(pc.is_valid(listed["procedure"]))
    base = np.where((stage == "outpatient") & ~known, 0, base)
    hardness = np.minimum(base + step, len(COMPLEXITIES) - 1)
    found: dict[tuple[str, str, str, int], int] = {}
    keys = list(zip(stage, function, group, hardness.tolist(), strict=True))
    distinct = sorted(set(keys))
    found = {key: number for number, key in enumerate(distinct)}
    codes = np.array([found[key] for key in keys], dtype=np.int64)
    return codes, tuple(Need(s, f, g, COMPLEXITIES[h]) for s, f, g, h in distinct)


def hard_people(observations: Column, scale: Scale, today: date) -> set[str]:
    """People whose newest observation up to today makes a case one step harder."""
    limits = {"clinical_frailty_scale": scale.frailty, "asa_grade": scale.asa}
    newest: dict[tuple[str, str], tuple[date, float]] = {}
    for row in observations.filter(pc.is_in(observations["code"], value_set=array(list(limits)))).to_pylist():
        key, seen = (row["person_key"], row["code"]), (row["observed_on"], row["value"])
        if row["observed_on"] <= today and (key not in newest or newest[key] < seen):
            newest[key] = seen
    return {person for (person, code), (_, value) in newest.items() if value >= limits[code]}


def capable(system: System, needs: tuple[Need, ...], sites: tuple[str, ...], today: date) -> Bools:
    """Whether each site can meet each need: needs by sites."""
    services = system.services
    out = [[services.can(site, need.function, need.group, need.complexity, today) for site in sites] for need in needs]
    return np.array(out, dtype=bool).reshape(len(needs), len(sites))


def homes_of(listed: Column, codes: Ints, can: Bools, sites: tuple[str, ...], trust_of: dict[str, str]) -> Ints:
    """Where each person waits, as a site's number."""
    place = {code: number for number, code in enumerate(sites)}
    by_trust: dict[str, list[int]] = {}
    for number, code in enumerate(sites):
        by_trust.setdefault(trust_of[code], []).append(number)
    chosen: dict[tuple[str | None, str | None, int], int] = {}
    out = np.zeros(len(codes), dtype=np.int64)
    rows = zip(listed["organisation"].to_pylist(), listed["site"].to_pylist(), codes.tolist(), strict=True)
    for row, key in enumerate(rows):
        if key not in chosen:
            trust, site, need = key
            own = by_trust.get(trust or "", [0])
            first = place.get(site or "", own[0])
            first = first if first in own else own[0]
            chosen[key] = first if can[need, first] else next((other for other in own if can[need, other]), first)
        out[row] = chosen[key]
    return out


def miles_of(listed: Column, system: System, sites: tuple[str, ...], today: date) -> Ints:
    """Whole road miles from each person's LSOA to each site; -1 where the LSOA is not known."""
    places = system.places.select(["lsoa", "latitude", "longitude"])
    codes = [*places["lsoa"].to_pylist()]
    known = {code: number for number, code in enumerate(codes)}
    where = np.array(columns.by_text(listed["lsoa"], lambda code: known.get(code or "", NONE)), dtype=np.int64)
    points: Any = list(zip(places["latitude"].to_pylist(), places["longitude"].to_pylist(), strict=True))
    table = np.full((len(codes) + 1, len(sites)), NONE, dtype=np.int64)
    for number, code in enumerate(sites):
        site = system.site(code)
        if site is not None:
            there = (site.latitude, site.longitude)
            table[:-1, number] = [round(road_miles(point, there, today)) for point in points]
    return np.asarray(table[where])


def willing_of(listed: Column, contacts: Column, default: int) -> Ints:
    """Miles that each person would travel: the least they have said anywhere, else the policy's."""
    said = contacts.filter(pc.is_valid(contacts["miles_willing"]))
    least = said.group_by("person_key").aggregate([("miles_willing", "min")])
    at = pc.index_in(listed["person_key"], value_set=columns.one(least["person_key"]))
    miles = columns.one(least["miles_willing_min"]).take(columns.one(at))
    return np.asarray(pc.fill_null(miles, default).to_numpy(zero_copy_only=False), dtype=np.int64)


def cancer_of(listed: Column, pathways: Column) -> Bools:
    """Whether somebody was referred as a two-week wait or has a cancer pathway that is neither treated nor closed."""
    open_ = pathways.filter(pc.and_(pc.is_null(pathways["treatment_date"]), pc.is_null(pathways["closed_on"])))
    urgent = pc.fill_null(pc.equal(listed["priority_type"], "3"), False)
    tracked = pc.is_in(listed["pathway_key"], value_set=columns.one(open_["pathway_key"]))
    return columns.bools(pc.or_(urgent, tracked))


def booked_of(listed: Column, monday: date, horizon: int) -> Ints:
    """The week of a date that somebody has for what they wait for: to come in, or a first appointment; else -1."""
    first = pc.and_(
        pc.equal(listed["stage"], "outpatient"), pc.fill_null(pc.equal(listed["next_event_kind"], "first"), False)
    )
    none = pa.scalar(None, pa.date32())
    on = pc.if_else(pc.equal(listed["stage"], "admitted"), listed["tci_on"], none)
    on = pc.if_else(first, listed["next_event_on"], on)
    days = columns.days(on, -1)
    week = (days - (monday - date(1970, 1, 1)).days) // 7
    return np.where(days < 0, NONE, np.clip(week, 0, horizon)).astype(np.int64)


def _among(listed: Column, clocks: Collection[Clock]) -> Bools:
    keys = set(clocks)
    if not keys:
        return np.zeros(listed.num_rows, dtype=bool)
    rows = zip(listed["pathway_key"].to_pylist(), listed["period"].to_pylist(), strict=True)
    return np.array([row in keys for row in rows], dtype=bool)
