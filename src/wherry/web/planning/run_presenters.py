"""A run's answers as a page shows them: what comes first, what was chosen to look at, tables with their words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wherry.planning.answers.model import GROUP, Answers, Assumption, Fan, Return, Spread, Swing, Waterfall
from wherry.planning.scenario.model import year_words
from wherry.web.planning import plan_words as say

BEDS = "beds_at_occupancy"
#: Measures in the order in which a page offers them; others follow.
ORDER = (
    "emergency",
    "elective",
    "day_case",
    "maternity",
    "sdec",
    "outpatient_first",
    "outpatient_follow_up",
    "outpatient_procedure",
    "outpatient_virtual",
    "attendance_type_1",
    "attendance_type_2",
    "attendance_type_3",
    "diagnostic",
    "nights",
    "virtual_nights",
    "beds",
    BEDS,
    "beds_at_risk",
    "theatre_sessions",
    "theatre_minutes",
    "clinic_rooms",
    "emergency_cubicles",
)
#: What activity is split by, in words.
SPLITS = {
    "what": "specialty",
    "age": "age",
    "sex": "sex",
    "quintile": "deprivation, by fifths of areas",
    "ward": "ward group",
}
#: Groups of drivers whose number is a factor on activity; those of the others are shares.
_FACTORS = frozenset({"baseline", "repatriation", "expatriation", "waiting_list", "factor"})


@dataclass(frozen=True)
class Choice:
    """What of a run is looked at. `ignored`: what an address asked for that this run does not have."""

    measure: str
    place: str
    measures: tuple[tuple[str, str], ...]
    places: tuple[tuple[str, str], ...]
    ignored: tuple[str, ...]

    @property
    def measure_words(self) -> str:
        """The chosen measure in words."""
        return dict(self.measures).get(self.measure, self.measure)

    @property
    def place_words(self) -> str:
        """The chosen place in words, as it stands within a sentence."""
        words = dict(self.places).get(self.place, self.place)
        return words[:1].lower() + words[1:] if self.place == GROUP else words


def choice(answers: Answers, query: Mapping[str, str], default: str = "beds_at_occupancy") -> Choice:
    """What an address asks for, the group's beds unless it says otherwise."""
    words = {fan.measure: fan.words for fan in answers.fans}
    rank = {code: place for place, code in enumerate(ORDER)}
    measures = tuple(sorted(words.items(), key=lambda item: rank.get(item[0], len(rank))))
    places = dict(answers.places)
    ignored = []
    measure = query.get("measure") or (default if default in words else next(iter(words), ""))
    if measure not in words:
        ignored.append(f"measure {measure[:40]}")
        measure = next(iter(words), "")
    place = query.get("place") or (GROUP if GROUP in places else next(iter(places), ""))
    if place not in places:
        ignored.append(f"place {place[:40]}")
        place = GROUP if GROUP in places else next(iter(places), "")
    return Choice(measure, place, measures, answers.places, tuple(ignored))


def fan_of(answers: Answers, measure: str, place: str) -> Fan | None:
    """One measure at one place; `None` if there is nothing of it there."""
    found = next((fan for fan in answers.fans if fan.measure == measure and fan.place == place), None)
    if found is None or not found.points or (found.base == 0 and not any(at.high for _, at in found.points)):
        return None
    return found


def existing(answers: Answers, measure: str, place: str) -> float | None:
    """What there is today of a requirement at a place, if anybody has said."""
    for gap in answers.gaps:
        if gap.requirement == measure and gap.place == place and not gap.ward:
            return gap.existing
    return None


@dataclass(frozen=True)
class YearRow:
    """A year of a fan, in words."""

    year: str
    middle: str
    range: str
    change: str


def year_rows(fan: Fan) -> list[YearRow]:
    """A fan as a table, year by year."""
    return [
        YearRow(
            year_words(year),
            say.whole(at.middle),
            say.span(at.low, at.high),
            "" if year == fan.points[0][0] else say.part(at.middle, fan.base),
        )
        for year, at in fan.points
    ]


def fan_said(fan: Fan, place: str) -> str:
    """What a fan shows, in a sentence or two: its description."""
    (_, _), (year, end) = fan.points[0], fan.points[-1]
    return (
        f"{fan.words}, {place}: {say.whole(fan.base)} in {year_words(fan.points[0][0])}; "
        f"{say.whole(end.middle)} in {year_words(year)}, 80% range {say.span(end.low, end.high)} "
        f"({say.part(end.middle, fan.base)})."
    )


def waterfall_of(answers: Answers, measure: str, place: str) -> Waterfall | None:
    """The waterfall of a measure at a place; that of beds, then any, where there is none of it."""
    here = [one for one in answers.waterfalls if one.place == place]
    for wanted in (measure, "beds", "nights"):
        for one in here:
            if one.measure == wanted:
                return one
    return here[0] if here else None


def returns_at(answers: Answers, place: str) -> list[tuple[Return, list[str]]]:
    """What each intervention returns at a place, most beds first, with the activity that it takes away or adds."""
    words = {fan.measure: fan.words for fan in answers.fans}
    found = sorted((one for one in answers.returns if one.place == place), key=lambda one: -one.beds.mean)
    return [
        (one, [_saved(saved, words.get(code, code)) for code, saved in one.activity if _felt(saved)]) for one in found
    ]


def _felt(value: Spread) -> bool:
    return any(round(end) for end in (value.low, value.mean, value.high))


def _saved(value: Spread, words: str) -> str:
    """Activity saved, in words: what is below 0 is added instead."""
    change = Spread(-value.high, -value.middle, -value.low, -value.mean)
    return f"{words}: {say.more(change.mean)} ({say.span_more(change)})"


def tornado_at(answers: Answers, place: str, at_most: int = 12) -> list[Swing]:
    """The assumptions on which most hangs at a place."""
    found = sorted((one for one in answers.tornado if one.place == place), key=lambda one: -one.width)
    return [one for one in found if one.width > 0][:at_most]


def factor_names(answers: Answers) -> frozenset[str]:
    """Assumptions whose number multiplies activity."""
    return frozenset(one.name for one in answers.assumptions if one.driver in _FACTORS)


@dataclass(frozen=True)
class Split:
    """A measure split by something: each part at the start and at the end."""

    by: str
    words: str
    rows: tuple[tuple[str, str, str, str, str], ...]


def split_measure(measure: str) -> str:
    """What is divided for a measure: beds have no specialty, sex or age, but the nights spent in them have."""
    return "nights" if measure.startswith("beds_") else measure


def splits(answers: Answers, measure: str, place: str) -> list[Split]:
    """How a measure at a place divides, by what it is known by."""
    out = []
    for by, words in SPLITS.items():
        found = [f for f in answers.breakdowns if (f.measure, f.place, f.by) == (measure, place, by) and f.points]
        rows = tuple(
            (
                one.label,
                say.whole(one.base),
                say.whole(one.points[-1][1].middle),
                say.span(one.points[-1][1].low, one.points[-1][1].high),
                say.part(one.points[-1][1].middle, one.base),
            )
            for one in found
            if one.base or one.points[-1][1].high
        )
        if rows:
            out.append(Split(by, words, rows))
    return out


def assumption_groups(assumptions: tuple[Assumption, ...]) -> dict[str, list[Assumption]]:
    """The log by what drives: population, growth, interventions and so on, in the order of the log."""
    groups: dict[str, list[Assumption]] = {}
    for one in assumptions:
        groups.setdefault(one.driver, []).append(one)
    return groups
