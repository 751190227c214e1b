"""Who comes on a day, and how ill they are: one table of visits a day, each day from streams of its own.

So a longer run of days begins with the same visits as a shorter one. Moments are seconds since 1970 in UTC, -1 where
there is none; stays are in seconds and not yet scaled.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.synthetic.activity.figures import functions, rates
from wherry.synthetic.activity.persons import AGES, Population
from wherry.synthetic.flow.calendar import DAY, HOUR, midnight
from wherry.synthetic.flow.settings import Flow
from wherry.synthetic.streams import Streams

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Chunk = dict[str, npt.NDArray[Any]]

#: Kinds of visit by number.
ATTENDANCE, EMERGENCY, DIRECT, SAME_DAY, ELECTIVE, MATERNITY, TRANSFER = range(7)
GROUPS = ("medicine", "older", "surgery", "children", "maternity", "critical")
#: Columns of whole numbers; every chunk has them all.
COLUMNS = (
    *("uid", "site", "kind", "ed_type", "acuity", "ambulance", "age", "woman", "spec", "group"),
    *("arrived", "assessed", "seen", "referred", "decided", "ed_ready", "request", "gone"),
    *("acute", "zero", "critical", "pathway", "delay", "dies", "infection", "dependency", "virtual"),
    *("made", "booked", "withdrawn", "partner"),
)
#: A visit's number is its day's times `A_DAY`, its kind's block and its place in it: the same in any run of days.
A_DAY, _BLOCK = 1 << 20, 1 << 16
_RATES = ("attendance_type_1", "attendance_type_3", "emergency", "same_day", "mother")


@dataclass
class Draws:
    """Tables that every day is drawn from."""

    flow: Flow
    streams: Streams

    def __post_init__(self) -> None:
        flow = self.flow
        population = Population(flow.inputs)
        self.elective_rows = [row for row in functions("elective") if float(row["ordinary"]) > 0]
        self.emergency_rows = list(functions("emergency"))
        names = [*_RATES, *sorted({row["rate"] for row in self.elective_rows})]
        self.rate = {name: place for place, name in enumerate(names)}
        cells = np.stack(
            [[_cells(population, trust, name) for name in names] for trust in range(len(flow.inputs.trusts))]
        )
        self.cells: Floats = np.cumsum(cells, axis=2)
        self.trust = np.array([flow.inputs.trusts.index(site.trust) for site in flow.sites])
        codes = {row["code"] for row in (*self.elective_rows, *self.emergency_rows)} | {"501", "430", "192"}
        codes |= set(flow.of("transfer.specialties"))
        self.specs = tuple(sorted(codes))
        self.spec = {code: place for place, code in enumerate(self.specs)}
        self.group_of = np.array([self._group(code) for code in self.specs])
        self.by_age = np.array(rates()["stay"]["by_age"])
        self.bands = np.array(rates()["bands"])
        stays = {row["code"]: float(row["stay"]) for row in (*self.elective_rows, *self.emergency_rows)}
        self.stay = np.array([stays.get(code, 1.0) for code in self.specs])
        self.emergency_spec = self._emergency_specs()
        ordinary = np.array([float(row["ordinary"]) for row in self.elective_rows])
        self.elective_spec: Floats = np.cumsum(ordinary / ordinary.sum())
        self.scale: Floats = np.ones((len(flow.sites), len(GROUPS)))

    def _group(self, code: str) -> int:
        for rule in self.flow.rules:
            fits = not rule.kinds or "emergency" in rule.kinds
            if fits and rule.ages is None and (not rule.whats or code in rule.whats) and rule.code in GROUPS:
                return GROUPS.index(rule.code)
        return 0

    def _emergency_specs(self) -> Floats:
        """Cumulated shares of treatment functions by age group (4) and woman (0, 1): rows 2 x age group + woman."""
        found = []
        for column in ("child", "adult", "older", "oldest"):
            for woman in (0, 1):
                weight = np.zeros(len(self.specs))
                for row in self.emergency_rows:
                    if woman or row["sex"] != "2":
                        weight[self.spec[row["code"]]] = float(row[column])
                found.append(np.cumsum(weight / weight.sum()))
        return np.stack(found)

    def people(self, rng: np.random.Generator, site: Ints, rate: Ints) -> tuple[Ints, Ints]:
        """Age and whether a woman, of people at a site by a rate of `self.rate`."""
        table = self.cells[self.trust[site], rate]
        cell = (table <= (rng.random(len(site)) * table[:, -1])[:, None]).sum(axis=1)
        return cell // 2, cell % 2

    def level(self, kind: str, day: date) -> float:
        """A day's rate over the year's: month and weekday."""
        return float(self.flow.months[kind][(day.month - 4) % 12] * self.flow.weekdays[kind][day.weekday()])


def _cells(population: Population, trust: int, rate: str) -> Floats:
    sex, deprivation = ("2", "other") if rate == "mother" else ("", "other")
    if rate.startswith("attendance"):
        deprivation = "attendance"
    elif rate in ("emergency", "same_day"):
        deprivation = "emergency"
    return np.asarray(population.weights(trust, rate, deprivation, sex=sex).reshape(AGES * 2, 6).sum(axis=1))


def day_of(draws: Draws, day: date) -> Chunk:
    """Everybody who comes on one day, planned admissions included, and partners of those who are transferred."""
    return join([_urgent(draws, day), planned(draws, day), _mothers(draws, day)])


def join(chunks: list[Chunk]) -> Chunk:
    """Tables one under another."""
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in COLUMNS}


def _blank(size: int, day: date, block: int) -> Chunk:
    found: Chunk = {name: np.zeros(size, dtype=np.int64) for name in COLUMNS}
    for name in ("arrived", "assessed", "seen", "referred", "decided", "ed_ready", "request", "gone"):
        found[name] -= 1
    for name in ("made", "booked", "withdrawn", "partner"):
        found[name] -= 1
    found["uid"] = day.toordinal() * A_DAY + block * _BLOCK + np.arange(size)
    return found


def _counts(means: list[float], rng: np.random.Generator) -> Ints:
    return np.repeat(np.arange(len(means)), rng.poisson(means)).astype(np.int64)


def _hours(rng: np.random.Generator, shares: Floats, day: date, size: int) -> Ints:
    edges = np.cumsum(shares)
    hour = np.minimum(np.searchsorted(edges, rng.random(size), side="right"), 23)
    return np.asarray(midnight(day) + hour * HOUR + rng.integers(0, HOUR, size))


def lognormal(rng: np.random.Generator, figure: dict[str, float], size: int, unit: float) -> Floats:
    """So many of a figure with median and spread, times a unit."""
    return np.asarray(figure["median"] * unit * np.exp(figure["spread"] * rng.standard_normal(size)))


def _pick(rng: np.random.Generator, shares: Floats, size: int) -> Ints:
    return np.minimum(np.searchsorted(np.cumsum(shares), rng.random(size), side="right"), len(shares) - 1)


def _urgent(draws: Draws, day: date) -> Chunk:
    """Attendances and emergency admissions of a day: those admitted are part of the type 1 attendances."""
    flow, rng = draws.flow, draws.streams("flow", "urgent", day.toordinal())
    sites = flow.sites
    busy = 1 + flow.of("ed.daily_spread") * rng.standard_normal(2)
    level = draws.level("emergency", day) * busy[0]
    ill = _counts([site.emergencies * (1 - site.same_day_share) * level for site in sites], rng)
    short = _counts([site.emergencies * site.same_day_share * level for site in sites], rng)
    kind = np.where(rng.random(len(ill)) < flow.of("emergency.direct"), DIRECT, EMERGENCY)
    by_way = rng.random(len(short)) >= flow.of("emergency.same_day_direct")
    admitted = np.bincount(ill[kind == EMERGENCY], minlength=len(sites)) + np.bincount(
        short[by_way], minlength=len(sites)
    )
    all_1 = rng.poisson([site.attendances_1 * draws.level("attendance_type_1", day) * busy[1] for site in sites])
    ones = np.repeat(np.arange(len(sites)), np.maximum(all_1 - admitted, 0))
    threes = _counts([site.attendances_3 * draws.level("attendance_type_3", day) * busy[1] for site in sites], rng)
    site = np.concatenate([ones, threes, ill, short]).astype(np.int64)
    found = _blank(len(site), day, 0)
    found["site"] = site
    parts = np.cumsum([len(ones), len(threes), len(ill)])
    one, three = slice(0, parts[0]), slice(parts[0], parts[1])
    found["kind"][parts[1] : parts[2]], found["kind"][parts[2] :] = kind, SAME_DAY
    came = np.ones(len(site), dtype=bool)
    came[parts[1] : parts[2]], came[parts[2] :] = kind == EMERGENCY, by_way
    rate = np.full(len(site), draws.rate["emergency"])
    rate[one], rate[three], rate[parts[2] :] = (
        draws.rate["attendance_type_1"],
        draws.rate["attendance_type_3"],
        draws.rate["same_day"],
    )
    found["age"], found["woman"] = draws.people(rng, site, rate)
    _department(draws, found, came, three, rng, day)
    _illness(draws, found, rng)
    return join([found, _partners(draws, found, rng, day)])


def _department(
    draws: Draws, found: Chunk, came: npt.NDArray[np.bool_], three: slice, rng: np.random.Generator, day: date
) -> None:
    """The clock of the emergency department, of those who came to it."""
    flow, size = draws.flow, len(came)
    admitted = found["kind"] != ATTENDANCE
    type_3 = np.zeros(size, dtype=bool)
    type_3[three] = True
    acuity = np.where(
        admitted,
        _pick(rng, flow.shares("ed.acuity_admitted"), size),
        np.where(
            type_3, _pick(rng, flow.shares("ed.acuity_type_3"), size), _pick(rng, flow.shares("ed.acuity_type_1"), size)
        ),
    )
    acuity = np.where(found["kind"] == SAME_DAY, np.maximum(acuity, 2), acuity)
    arrived = np.where(
        type_3,
        _hours(rng, flow.shares("ed.hours_type_3"), day, size),
        _hours(rng, flow.shares("ed.hours_type_1"), day, size),
    )
    ambulance = rng.random(size) < np.where(
        admitted, np.array(flow.of("ed.admitted_by_ambulance"))[acuity], np.array(flow.of("ed.by_ambulance"))[acuity]
    )
    slow = np.array(flow.of("ed.busy_hours"))[np.minimum((arrived - midnight(day)) // HOUR, 23)]
    pace = np.array([0.1, 0.5, 1.0, 1.1, 1.1])[acuity] * slow
    assessed = arrived + lognormal(rng, flow.of("ed.assess_minutes"), size, 60) * np.minimum(pace, 1.2)
    seen = assessed + lognormal(rng, flow.of("ed.see_minutes"), size, 60) * pace
    treated = seen + lognormal(rng, flow.of("ed.treat_minutes"), size, 60) * slow
    quick = arrived + lognormal(rng, flow.of("ed.type_3_minutes"), size, 60)
    referred = seen + lognormal(rng, flow.of("ed.refer_minutes"), size, 60)
    decided = referred + lognormal(rng, flow.of("ed.decide_minutes"), size, 60)
    ready = decided + lognormal(rng, flow.of("ed.ready_minutes"), size, 60)
    walked = (rng.random(size) < flow.of("ed.left_before_seen")) & ~type_3 & (acuity >= 2) & ~admitted
    clock = {
        "arrived": arrived,
        "assessed": np.where(type_3, arrived + (quick - arrived) * 0.1, assessed),
        "seen": np.where(type_3, arrived + (quick - arrived) * 0.5, np.where(walked, -1, seen)),
        "referred": np.where(admitted, referred, -1),
        "decided": np.where(admitted, decided, -1),
        "ed_ready": np.where(admitted, ready, -1),
        "gone": np.where(
            admitted, -1, np.where(type_3, quick, np.where(walked, np.maximum(seen, assessed + 600), treated))
        ),
        "acuity": acuity + 1,
        "ambulance": ambulance & ~type_3,
        "ed_type": np.where(type_3, 3, 1),
    }
    for name, values in clock.items():
        found[name] = np.where(came, values, found[name]).astype(np.int64)
    found["request"] = np.where(admitted, np.where(came, found["decided"], arrived), -1).astype(np.int64)


def _illness(draws: Draws, found: Chunk, rng: np.random.Generator) -> None:
    """Treatment function, ward group, stay, and what goes with it, of those who are admitted as emergencies."""
    flow, size, age = draws.flow, len(found["age"]), found["age"]
    group_of_age = np.searchsorted([18, 65, 85], age, side="right")
    table = draws.emergency_spec[group_of_age * 2 + found["woman"]]
    spec = np.minimum((table <= rng.random(size)[:, None]).sum(axis=1), len(draws.specs) - 1)
    old = (age >= flow.of("emergency.older_medicine_from")) & (spec == draws.spec["300"])
    spec = np.where(old & (rng.random(size) < flow.of("emergency.older_medicine_share")), draws.spec["430"], spec)
    child = age < 18
    found["spec"] = np.where(child, draws.spec["420"], spec)
    found["group"] = np.where(child, GROUPS.index("children"), draws.group_of[found["spec"]])
    found["infection"] = _infection(draws, rng, size)
    zero = rng.random(size) < np.where(age < 65, flow.zero_below_65, flow.zero_from_65)
    _stays(draws, found, rng, draws.stay[found["spec"]] * DAY, flow.of("stay.spread"))
    hours = lognormal(rng, flow.of("emergency.zero_day_hours"), size, HOUR)
    brief = lognormal(rng, flow.of("emergency.same_day_hours"), size, HOUR)
    same = found["kind"] == SAME_DAY
    found["zero"] = np.where(same, brief, np.where(zero, hours, 0)).astype(np.int64)
    found["pathway"] = np.where(found["zero"] > 0, 0, found["pathway"])
    dies = np.select([age >= 85, age >= 65], [flow.of("emergency.died")[name] for name in ("from_85", "from_65")],
                     flow.of("emergency.died")["below_65"])  # fmt: skip
    adult = ~child & ~same
    found["dies"] = ((rng.random(size) < dies) & adult).astype(np.int64)
    grave = (rng.random(size) < flow.of("emergency.critical")) & adult & (found["zero"] == 0)
    found["critical"] = (grave * lognormal(rng, flow.of("emergency.critical_days"), size, DAY)).astype(np.int64)
    virtual = rng.random(size) < flow.of("discharge.virtual_ward")
    found["virtual"] = (virtual & adult & (found["zero"] == 0) & (found["dies"] == 0)).astype(np.int64)


def _infection(draws: Draws, rng: np.random.Generator, size: int) -> Ints:
    which = 1 + _pick(rng, draws.flow.shares("emergency.infections"), size)
    return np.where(rng.random(size) < draws.flow.of("emergency.infected"), which, 0)


def _stays(draws: Draws, found: Chunk, rng: np.random.Generator, mean: Floats, spread: float) -> None:
    """Acute stay, pathway, delay and dependency."""
    flow, size, age = draws.flow, len(found["age"]), found["age"]
    by_age = draws.by_age[np.searchsorted(draws.bands, age, side="right") - 1]
    drawn = mean * by_age * np.exp(spread * rng.standard_normal(size) - spread**2 / 2)
    found["acute"] = np.minimum(drawn, flow.of("stay.longest_days") * DAY).astype(np.int64)
    below, above = flow.shares("discharge.pathways_below_65"), flow.shares("discharge.pathways_from_65")
    found["pathway"] = np.where(age < 65, _pick(rng, below, size), _pick(rng, above, size))
    found["pathway"] = np.where(age < 18, 0, found["pathway"])
    means = np.array(flow.of("discharge.delay_days"))[found["pathway"]]
    found["delay"] = (means * DAY * rng.exponential(1.0, size)).astype(np.int64)
    found["dependency"] = _pick(rng, flow.shares("emergency.dependency"), size)


def _partners(draws: Draws, found: Chunk, rng: np.random.Generator, day: date) -> Chunk:
    """Second visits, at the largest hospital, of some of those who are admitted elsewhere."""
    flow, sites = draws.flow, draws.flow.sites
    centre = int(np.argmax([site.emergencies for site in sites]))
    eligible = np.isin(found["kind"], (EMERGENCY, DIRECT)) & (found["site"] != centre) & (found["age"] >= 18)
    eligible &= (found["zero"] == 0) & (found["critical"] == 0) & (found["dies"] == 0) & (found["virtual"] == 0)
    rows = np.flatnonzero(eligible & (rng.random(len(eligible)) < flow.of("transfer.to_centre")))
    made = _blank(len(rows), day, 6)
    for name in ("age", "woman", "infection", "dependency"):
        made[name] = found[name][rows]
    made["site"] += centre
    made["kind"] += TRANSFER
    codes = np.array([draws.spec[code] for code in flow.of("transfer.specialties")])
    made["spec"] = codes[rng.integers(0, len(codes), len(rows))]
    made["group"] = draws.group_of[made["spec"]]
    _stays(draws, made, rng, draws.stay[made["spec"]] * DAY, flow.of("stay.spread"))
    found["partner"][rows] = made["uid"]
    # until it is asked for; the rest of the stay is at the centre
    found["acute"][rows] = lognormal(rng, flow.of("transfer.after_days"), len(rows), DAY).astype(np.int64)
    return made


def planned(draws: Draws, day: date) -> Chunk:
    """Everybody who is booked to be admitted on a day, with a night; some are withdrawn before it."""
    flow, rng = draws.flow, draws.streams("flow", "planned", day.toordinal())
    level = draws.level("elective", day)
    site = _counts([site.electives * level for site in flow.sites], rng)
    found, size = _blank(len(site), day, 2), len(site)
    found["site"], found["kind"] = site, np.full(size, ELECTIVE)
    which = np.minimum(
        np.searchsorted(draws.elective_spec, rng.random(size), side="right"), len(draws.elective_rows) - 1
    )
    names = np.array([draws.rate[row["rate"]] for row in draws.elective_rows])
    found["spec"] = np.array([draws.spec[row["code"]] for row in draws.elective_rows])[which]
    found["age"], found["woman"] = draws.people(rng, site, names[which])
    only = np.array([row["sex"] == "2" for row in draws.elective_rows])[which]
    found["woman"] = np.where(only, 1, found["woman"])
    child = found["age"] < 18
    found["group"] = np.where(child, GROUPS.index("children"), draws.group_of[found["spec"]])
    days = np.array([site.elective_days for site in flow.sites])[site]
    _stays(draws, found, rng, draws.stay[found["spec"]] * days * DAY, flow.of("stay.elective_spread"))
    found["acute"] = np.maximum(found["acute"], 20 * HOUR)
    found["pathway"] = np.where(rng.random(size) < 0.8, 0, found["pathway"])
    found["delay"] = np.where(found["pathway"] == 0, found["delay"] // 2, found["delay"])
    grave = (rng.random(size) < flow.of("elective.critical")) & ~child
    found["critical"] = (grave * lognormal(rng, flow.of("emergency.critical_days"), size, DAY)).astype(np.int64)
    found["booked"] = _hours(rng, flow.shares("elective.hours"), day, size)
    lead = np.clip(np.round(lognormal(rng, flow.of("elective.lead_days"), size, 1)), 2, 84).astype(np.int64)
    found["made"] = midnight(day) - lead * DAY + rng.integers(9 * HOUR, 17 * HOUR, size)
    gone = found["made"] + (rng.random(size) * (midnight(day) - 6 * HOUR - found["made"])).astype(np.int64)
    found["withdrawn"] = np.where(rng.random(size) < flow.of("elective.cancelled_before"), gone, -1)
    found["request"] = np.where(found["withdrawn"] >= 0, -1, found["booked"])
    return found


def _mothers(draws: Draws, day: date) -> Chunk:
    flow, rng = draws.flow, draws.streams("flow", "mothers", day.toordinal())
    level = draws.level("maternity", day)
    site = _counts([site.mothers * level for site in flow.sites], rng)
    found, size = _blank(len(site), day, 4), len(site)
    found["site"], found["kind"] = site, np.full(size, MATERNITY)
    found["age"], _ = draws.people(rng, site, np.full(size, draws.rate["mother"]))
    found["woman"] += 1
    found["spec"] += draws.spec["501"]
    found["group"] += GROUPS.index("maternity")
    found["request"] = _hours(rng, flow.shares("maternity.hours"), day, size)
    found["acute"] = lognormal(rng, flow.of("maternity.hours_of_stay"), size, HOUR).astype(np.int64)
    return found
