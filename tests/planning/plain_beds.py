"""The rules of the bed simulation written a second time, plainly: objects, a heap and lists, nothing compiled.

It shares with the library only the hash that chance comes from (written again here) and the names of the log. Used to
hold the compiled loop to the same events, one by one, on small systems.
"""

from __future__ import annotations

import heapq
import math
import zlib
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

from wherry.planning.beds.spec import BedsSpec, Flow

CAME, BED, LEFT, CANCELLED, LOST = range(5)
_MASK = (1 << 64) - 1


def mixed(key: int, number: int) -> int:
    """SplitMix64's finaliser of a key and a number."""
    z = (key + 0x9E3779B97F4A7C15 * (number + 1)) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def uniform(key: int, number: int) -> float:
    """A number between 0 and 1."""
    return ((mixed(key, number) >> 11) + 0.5) * 2.0**-53


@dataclass
class Person:
    """Somebody on their way through."""

    flow: Flow
    flow_number: int
    number: int
    key: int
    since: float = 0.0
    pool: tuple[str, str] = ("", "")


@dataclass
class Hospital:
    """The whole system; `log` holds (time, what, flow, number, site, ward), `waits` (home, came, bed given, in bed) of
    those who are not planned."""

    spec: BedsSpec
    seed: int
    replication: int
    warm_up: int = 0
    log: list[tuple[float, int, int, int, str, str]] = field(default_factory=list)
    waits: list[tuple[str, float, float, float]] = field(default_factory=list)

    def run(self) -> list[tuple[float, int, int, int, str, str]]:
        spec = self.spec
        self.first = spec.first_day - timedelta(days=self.warm_up)
        self.end = 24.0 * (self.warm_up + spec.days)
        self.order = count()
        self.heap: list[tuple[float, int, int, str, object]] = []
        self.waiting: list[Person] = []
        self.free = {
            (site, ward.code): self.beds_in(self.first.month, site, ward.code)
            for site in spec.sites
            for ward in spec.wards
        }
        for day in range(self.warm_up + spec.days):
            if day:
                self.push(24.0 * day, "midnight", None, first=True)
            if spec.cancel_hour < 24:
                self.push(24.0 * day + spec.cancel_hour, "morning over", None, first=True)
        for number, flow in enumerate([flow for flow in spec.flows if flow.a_day > 0]):
            self.arrivals(number, flow)
        while self.heap and self.heap[0][0] < self.end:
            time, _first, _order, what, who = heapq.heappop(self.heap)
            self.now = time
            getattr(self, "do_" + what.replace(" ", "_"))(who)
        return self.log

    def push(self, time: float, what: str, who: object, *, first: bool = False) -> None:
        heapq.heappush(self.heap, (time, 0 if first else 1, next(self.order), what, who))

    def beds_in(self, month: int, site: str, ward: str) -> int:
        spec = self.spec
        beds = spec.beds[spec.sites.index(site)][spec.ward_codes.index(ward)]
        return max(0, beds + sum(
            one.beds for one in spec.changes if one.site == site and one.ward == ward and month in one.months
        ))  # fmt: skip

    def arrivals(self, number: int, flow: Flow) -> None:
        """Everybody who comes by one flow, by inverting its cumulative rate hour by hour."""
        profile = next(one for one in self.spec.profiles if one.name == flow.profile)
        stream = mixed(mixed(self.seed, 5), self.replication)
        name = mixed(stream, zlib.crc32(f"{flow.site}/{flow.ward}/{flow.kind}".encode()))
        mean = sum(profile.week) / 168
        person = 0

        def gap(n: int) -> float:
            u = uniform(mixed(name, n), 0)
            return (u if n == 0 else 1.0) if profile.even else -math.log(u)

        due, done = gap(0), 0.0
        for hour in range(int(self.end)):
            day = self.first + timedelta(days=hour // 24)
            weight = profile.week[day.weekday() * 24 + hour % 24] / mean * profile.months[day.month - 1]
            rate = flow.a_day / 24.0 * weight
            while rate > 0 and due < done + rate:
                who = Person(flow, number, person, mixed(name, person), pool=(flow.site, flow.ward))
                self.push(hour + (due - done) / rate, "come", who)
                person += 1
                due += gap(person)
            done += rate

    def note(self, what: int, who: Person, pool: tuple[str, str]) -> None:
        self.log.append((self.now, what, who.flow_number, who.number, *pool))

    def outliers(self, ward: str) -> tuple[str, ...]:
        return next(one.outlie_to for one in self.spec.wards if one.code == ward)

    def may_lie(self, who: Person, ward: str) -> bool:
        if who.flow.ward == ward:
            return True
        return ward in self.outliers(who.flow.ward) and (not who.flow.planned or self.spec.planned_outlie)

    def may_move(self, who: Person) -> bool:
        return not who.flow.planned and next(one.transfers for one in self.spec.wards if one.code == who.flow.ward)

    def room_elsewhere(self, who: Person) -> tuple[str, str] | None:
        for ward in (who.flow.ward, *self.outliers(who.flow.ward)):
            others = [site for site in self.spec.sites if site != who.flow.site and self.free[site, ward] > 0]
            if others:
                return max(others, key=lambda site: self.free[site, ward]), ward
        return None

    def do_come(self, who: Person) -> None:
        spec, flow = self.spec, who.flow
        who.since = self.now
        self.note(CAME, who, (flow.site, flow.ward))
        choices = [flow.ward, *(self.outliers(flow.ward) if not flow.planned or spec.planned_outlie else ())]
        for ward in choices:
            if self.free[flow.site, ward] > 0:
                return self.take(who, (flow.site, ward))
        if spec.pooling == "full" and self.may_move(who):
            place = self.room_elsewhere(who)
            if place:
                return self.take(who, place)
        if spec.turned_away:
            self.note(LOST, who, (flow.site, flow.ward))
        elif flow.planned and self.now % 24.0 >= spec.cancel_hour:
            self.cancel(who)
        else:
            self.waiting.append(who)
            if spec.pooling == "after" and self.may_move(who):
                self.push(self.now + spec.pooling_hours, "long enough", who)
        return None

    def do_long_enough(self, who: Person) -> None:
        if who in self.waiting:
            ahead = [one for one in self.waiting if one.flow.ward == who.flow.ward and one.flow.site == who.flow.site
                     and not one.flow.planned and one.since < who.since]  # fmt: skip
            place = self.room_elsewhere(who)
            if place:
                assert not ahead
                self.waiting.remove(who)
                self.take(who, place)

    def take(self, who: Person, pool: tuple[str, str]) -> None:
        self.free[pool] -= 1
        who.pool = pool
        self.note(BED, who, pool)
        begins = self.now + (0.0 if pool[0] == who.flow.site else self.spec.transfer_hours)
        if not who.flow.planned:
            self.waits.append((who.flow.site, who.since, self.now, begins))
        self.push(self.leaving(who, begins), "leave", who)

    def leaving(self, who: Person, begins: float) -> float:
        spec, stay, key = self.spec, who.flow.stay, who.key
        u = uniform(key, 1)
        if stay.kind == "exponential":
            return begins - 24.0 * stay.mean_days * math.log(u)
        if stay.kind == "fixed":
            return begins + 24.0 * stay.mean_days
        if stay.kind == "lognormal":
            sigma = math.sqrt(math.log(1 + stay.cv**2))
            z = math.sqrt(-2 * math.log(u)) * math.cos(2 * math.pi * uniform(key, 2))
            return begins + 24.0 * stay.mean_days * math.exp(sigma * z - sigma * sigma / 2)
        nights, upto = 0, stay.shares[0]
        while upto < u and nights < len(stay.shares) - 1:
            nights += 1
            upto += stay.shares[nights]
        if nights == 0:
            low, high = spec.same_day_hours
            return begins + low + (high - low) * uniform(key, 2)
        if not who.flow.planned and nights > 1:
            v, upto = uniform(key, 6), 0.0
            for pathway in spec.pathways:
                upto += pathway.share
                if v < upto:
                    if pathway.mean_days > 0:
                        on = pathway.mean_days / (1 + pathway.mean_days)
                        delay = min(int(math.log(uniform(key, 7)) / math.log(on)), nights - 1)
                        nights += int(delay * spec.delay_factor + 0.5) - delay
                    break
        first = int(begins) // 24
        day = first + nights
        weekday = (self.first + timedelta(days=day)).weekday()
        if weekday >= 5 and uniform(key, 4) >= spec.weekend_share:
            back, on = (1, 2) if weekday == 5 else (2, 1)
            if day - back > first:
                day += -back if uniform(key, 5) < (2 / 3 if weekday == 5 else 1 / 3) else on
        v, upto, hour = uniform(key, 2), 0.0, 0
        for hour in range(24):
            upto += spec.discharge_hours[hour]
            if upto >= v:
                break
        return 24.0 * day + hour + uniform(key, 3)

    def do_leave(self, who: Person) -> None:
        self.note(LEFT, who, who.pool)
        if self.spec.cleaning_hours > 0:
            self.push(self.now + self.spec.cleaning_hours, "clean", who.pool)
        else:
            self.do_clean(who.pool)

    def do_clean(self, pool: tuple[str, str]) -> None:
        self.free[pool] += 1
        if self.free[pool] <= 0:
            return
        site, ward = pool
        here = [who for who in self.waiting if who.flow.site == site and self.may_lie(who, ward)]
        there = [
            who for who in self.waiting if who.flow.site != site and self.may_lie(who, ward) and self.may_move(who)
        ]
        if self.spec.pooling == "none":
            there = []
        if self.spec.pooling == "after":
            there = [] if here else [who for who in there if who.since + self.spec.pooling_hours <= self.now]
        if here or there:
            who = min(here + there, key=lambda one: one.since)
            self.waiting.remove(who)
            self.take(who, pool)

    def cancel(self, who: Person) -> None:
        self.note(CANCELLED, who, (who.flow.site, who.flow.ward))
        day = int(who.since // 24) + self.spec.rebook_days
        while (self.first + timedelta(days=day)).weekday() >= 5:
            day += 1
        self.push(24.0 * day + who.since % 24.0, "come", who)

    def do_morning_over(self, _nobody: object) -> None:
        for site in self.spec.sites:
            for ward in self.spec.ward_codes:
                for who in [one for one in self.waiting if one.flow.planned and one.pool == (site, ward)]:
                    self.waiting.remove(who)
                    self.cancel(who)

    def do_midnight(self, _nobody: object) -> None:
        today = self.first + timedelta(days=int(self.now // 24))
        before = today - timedelta(days=1)
        if today.month != before.month:
            for pool in self.free:
                by = self.beds_in(today.month, *pool) - self.beds_in(before.month, *pool)
                for _ in range(by):
                    self.push(self.now, "clean", pool, first=True)
                self.free[pool] += min(by, 0)
