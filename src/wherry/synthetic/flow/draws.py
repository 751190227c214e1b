"""What visits are drawn with: kinds and columns, tables made once of the figures, and the common draws of a day."""

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


def join(chunks: list[Chunk]) -> Chunk:
    """Tables one under another."""
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in COLUMNS}


def blank(size: int, day: date, block: int) -> Chunk:
    found: Chunk = {name: np.zeros(size, dtype=np.int64) for name in COLUMNS}
    for name in ("arrived", "assessed", "seen", "referred", "decided", "ed_ready", "request", "gone"):
        found[name] -= 1
    for name in ("made", "booked", "withdrawn", "partner"):
        found[name] -= 1
    found["uid"] = day.toordinal() * A_DAY + block * _BLOCK + np.arange(size)
    return found


def counts(means: list[float], rng: np.random.Generator) -> Ints:
    return np.repeat(np.arange(len(means)), rng.poisson(means)).astype(np.int64)


def hours_of(rng: np.random.Generator, shares: Floats, day: date, size: int) -> Ints:
    edges = np.cumsum(shares)
    hour = np.minimum(np.searchsorted(edges, rng.random(size), side="right"), 23)
    return np.asarray(midnight(day) + hour * HOUR + rng.integers(0, HOUR, size))


def lognormal(rng: np.random.Generator, figure: dict[str, float], size: int, unit: float) -> Floats:
    """So many of a figure with median and spread, times a unit."""
    return np.asarray(figure["median"] * unit * np.exp(figure["spread"] * rng.standard_normal(size)))


def pick(rng: np.random.Generator, shares: Floats, size: int) -> Ints:
    return np.minimum(np.searchsorted(np.cumsum(shares), rng.random(size), side="right"), len(shares) - 1)


def stays(draws: Draws, found: Chunk, rng: np.random.Generator, mean: Floats, spread: float) -> None:
    """Acute stay, pathway, delay and dependency."""
    flow, size, age = draws.flow, len(found["age"]), found["age"]
    by_age = draws.by_age[np.searchsorted(draws.bands, age, side="right") - 1]
    drawn = mean * by_age * np.exp(spread * rng.standard_normal(size) - spread**2 / 2)
    found["acute"] = np.minimum(drawn, flow.of("stay.longest_days") * DAY).astype(np.int64)
    below, above = flow.shares("discharge.pathways_below_65"), flow.shares("discharge.pathways_from_65")
    found["pathway"] = np.where(age < 65, pick(rng, below, size), pick(rng, above, size))
    found["pathway"] = np.where(age < 18, 0, found["pathway"])
    means = np.array(flow.of("discharge.delay_days"))[found["pathway"]]
    found["delay"] = (means * DAY * rng.exponential(1.0, size)).astype(np.int64)
    found["dependency"] = pick(rng, flow.shares("emergency.dependency"), size)
