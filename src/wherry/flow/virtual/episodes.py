"""What there is to be alarmed about: runs of readings outside limits, of early-warning scores, of sets not sent.

An episode is a whole run: readings that breach one after another are one episode, however many they are. Episodes are
a function of the set of readings, so it does not matter in which order they came.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from wherry.flow.virtual import news2
from wherry.flow.virtual.limits import Breach, Limit, breaches
from wherry.flow.virtual.readings import Reading, holding, sets
from wherry.flow.virtual.rules import rules
from wherry.flow.virtual.schedule import Asked, Plan, asked

NEWS2 = "news2"
MISSING = "missing"


@dataclass(frozen=True)
class Scale:
    """Which scale of oxygen saturation holds from a moment on. Scale 2 is set by a clinician only."""

    from_at: datetime
    scale: int


@dataclass(frozen=True)
class Watched:
    """All that is known of one stay: readings as they came, limits, plans, scales, and until when it is watched."""

    readings: tuple[Reading, ...]
    limits: tuple[Limit, ...] = ()
    plans: tuple[Plan, ...] = ()
    scales: tuple[Scale, ...] = ()


@dataclass(frozen=True)
class Episode:
    """One run of one cause. `keys` are its readings' (or askings'); `ended_at` is when it was over, or None.

    `level` is the most urgent that it reached; `words` say the latest of it.
    """

    cause: str
    level: str
    started_at: datetime
    ended_at: datetime | None
    keys: frozenset[str]
    words: str


@dataclass(frozen=True)
class _Point:
    """One thing looked at: a reading, a set or an asking. No level means that it is well."""

    at: datetime
    keys: frozenset[str]
    level: str
    words: str


def episodes(watched: Watched, now: datetime) -> list[Episode]:
    """Every episode of one stay up to now, by cause and time."""
    readings = holding(watched.readings)
    found = _runs(NEWS2, _scored(readings, watched.scales))
    for cause, points in sorted(_limited(readings, watched.limits).items()):
        found += _runs(cause, points)
    return found + _runs(MISSING, _missing(asked(watched.plans, readings, now)))


def scale_at(scales: Sequence[Scale], at: datetime) -> int:
    """The scale that holds at a moment: the last one set until then; 1 before any."""
    set_until = [each for each in scales if each.from_at <= at]
    return max(set_until, key=lambda each: each.from_at).scale if set_until else 1


def _scored(readings: Sequence[Reading], scales: Sequence[Scale]) -> Iterable[_Point]:
    for each in sets(readings):
        if not each.kinds & set(news2.PARAMETERS):
            continue
        score = each.score(scale_at(scales, each.at))
        level = rules().level_of(score.risk)
        if level is None and score.missing:
            continue  # it may be well or not: it neither begins nor ends an episode
        threes = [rules().vitals[name].words.lower() for name in score.threes]
        why = f", 3 for {' and '.join(threes)}" if threes else ""
        said = f"NEWS2 is {score.words}{why} ({news2.WORDS[score.risk]} risk)"
        yield _Point(each.at, each.keys, level.code if level else "", said)


def _limited(readings: Sequence[Reading], limits: Sequence[Limit]) -> dict[str, list[_Point]]:
    """By cause (kind and way), every reading of that kind that a limit of that way judged."""
    ways = {(limit.kind, way) for limit in limits for way in ("lower", "upper", "rise") if _has(limit, way)}
    found: dict[str, list[_Point]] = {f"limit:{kind}:{way}": [] for kind, way in ways}
    for reading in readings:
        said: dict[str, Breach] = {each.cause: each for each in breaches(reading, limits, readings)}
        for kind, way in ways:
            cause = f"limit:{kind}:{way}"
            judged = any(limit.kind == kind and _has(limit, way) and limit.holds(reading.taken_at) for limit in limits)
            if reading.kind == kind and (judged or found[cause]):
                words = rules().vitals[kind].words + ": " + said[cause].words if cause in said else ""
                level = rules().limit_level if cause in said else ""
                found[cause].append(_Point(reading.taken_at, frozenset({reading.key}), level, words))
    return found


def _has(limit: Limit, way: str) -> bool:
    if way == "rise":
        return limit.rise is not None and limit.rise_days is not None
    return getattr(limit, way) is not None


def _missing(askings: Sequence[Asked]) -> Iterable[_Point]:
    for each in askings:
        names = [rules().vitals[kind].short for kind in each.missing]
        words = f"Not sent in time: {', '.join(names)}" if names else ""
        if names and len(names) == len(each.wanted):
            words = "Nothing was sent in time of what was asked"
        yield _Point(each.at, frozenset({each.key}), rules().missing_level if names else "", words)


def _runs(cause: str, points: Iterable[_Point]) -> list[Episode]:
    found: list[Episode] = []
    run: list[_Point] = []
    for point in sorted(points, key=lambda each: each.at):
        if point.level:
            run.append(point)
        elif run:
            found.append(_episode(cause, run, point.at))
            run = []
    return [*found, _episode(cause, run, None)] if run else found


def _episode(cause: str, run: Sequence[_Point], ended_at: datetime | None) -> Episode:
    worst = max(run, key=lambda each: (rules().rank(each.level), each.at))
    keys = frozenset().union(*(each.keys for each in run))
    return Episode(cause, worst.level, run[0].at, ended_at, keys, worst.words)
