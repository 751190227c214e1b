"""The parts of a scenario's text: what activity, when it comes in, and each kind of assumption.

Each reader returns None where a problem was noted; the caller goes on, so that every problem is found at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from wherry.planning.scenario.limits import LIMITS
from wherry.planning.scenario.model import (
    Effect,
    Factor,
    Growth,
    HealthStatus,
    Intervention,
    Phase,
    Where,
    year_words,
)
from wherry.planning.scenario.problems import Path, Problems, nearest
from wherry.planning.scenario.table import Table, is_number, read_year
from wherry.reference import diagnostic_tests, treatment_functions
from wherry.reference.activity import KINDS, MARKER_WORDS
from wherry.reference.system import System

Driver = Literal["baseline", "repatriation", "expatriation", "waiting_list"]

WHERE_KEYS = ("kinds", "sites", "whats", "ages", "sexes", "quintiles", "markers", "nights_at_least")
#: Sexes as a file writes them, and their codes.
SEXES = {"men": 1, "women": 2}
EFFECTS: tuple[Effect, ...] = get_args(Effect)
#: Kinds that a waiting list can be of.
PLANNED = tuple(
    code
    for code, kind in KINDS.items()
    if kind.family in ("outpatient", "diagnostic") or code in ("elective", "day_case")
)
#: Planned operations may also become outpatient procedures, though those are another family.
ALSO_TO = {"elective": ("outpatient_procedure",), "day_case": ("outpatient_procedure",)}
#: Names that the model itself uses for what moves demand.
RESERVED = ("population", "health_status", "capacity")
MOST_NIGHTS = 365

_NAME_IT = 'Say who says so: a document and its page, or "own default".'


@dataclass(frozen=True)
class Reader:
    """What readers of parts need: the system, the base year, and where problems go."""

    system: System
    base_year: int
    problems: Problems

    def table(self, data: object, path: Path, known: tuple[str, ...]) -> Table | None:
        """A table of the text; None if it is something else."""
        if not isinstance(data, Mapping):
            self.problems.add(path, "must be a table of keys.", "See docs/scenarios.md for its keys.")
            return None
        return Table(data, path, self.problems, known)

    def tables(self, data: Mapping[str, Any], key: str, read: Callable[[object, Path], Any]) -> list[Any]:
        """Every [[key]] of the text, those that could be read."""
        found = data.get(key, [])
        if not isinstance(found, list):
            self.problems.add((key,), "must be a list of tables.", f"Write [[{key}]] in two brackets, once for each.")
            return []
        made = [read(one, (key, place)) for place, one in enumerate(found)]
        return [one for one in made if one is not None]

    def codes(self) -> dict[str, str]:
        """Sites and trusts of the system, in words."""
        known = {code: self.system.short_name(code) for code in self.system.trusts}
        return known | {site.code: site.short_name for site in self.system.sites if site.organisation in known}


def what_codes() -> dict[str, str]:
    """Treatment functions and tests, in words."""
    known = {code: function.name for code, function in treatment_functions.all_functions().items()}
    return known | {code: test.words for code, test in diagnostic_tests.TESTS.items()}


def where(reader: Reader, table: Table) -> Where:
    """The activity that an assumption is about."""
    codes = reader.codes()
    sexes = table.names("sexes", SEXES, "a sex that is counted")
    return Where(
        kinds=table.names("kinds", KINDS, "a kind of activity"),
        sites=table.names("sites", codes, f"a site or trust of {reader.system.title}", "Its own"),
        whats=table.names("whats", what_codes(), "a treatment function or a test"),
        ages=table.ages(),
        sexes=tuple(SEXES[word] for word in sexes),
        quintiles=table.numbers("quintiles", range(1, 6), "a fifth of deprivation (1 is the most deprived)"),
        markers=table.names("markers", MARKER_WORDS, "a marker of a spell"),
        nights_at_least=table.whole("nights_at_least", 0, MOST_NIGHTS, 0),
    )


def phase(reader: Reader, table: Table, *, needed: bool) -> Phase | None:
    """When it comes in: `phase = { start, full }`, or `steps = { year = share }`, not both."""
    if table.has("phase") and table.has("steps"):
        table.wrong("steps", "there are both phase and steps.", "Keep one of them.")
        return None
    if table.has("steps"):
        return _steps(reader, table)
    if not table.has("phase"):
        if not needed:
            return Phase(reader.base_year, reader.base_year)
        first = year_words(reader.base_year + 1)
        table.missing("phase", f'Write phase = {{ start = "{first}", full = "{first}" }}, or steps by year.')
        return None
    inner = reader.table(table.data["phase"], (*table.path, "phase"), ("start", "full"))
    if inner is None:
        return None
    start = inner.year("start", needed='Write start = "2024/25", the first year in which any of it is in force.')
    full = inner.year("full", needed='Write full = "2026/27", the first year in which all of it is in force.')
    if start is None or full is None:
        return None
    if full < start:
        inner.wrong(
            "full",
            f"{year_words(full)} is before the start, {year_words(start)}.",
            "It cannot be fully in force before it starts: put the later year into full.",
        )
        return None
    if start < reader.base_year:
        inner.wrong(
            "start",
            f"{year_words(start)} is before the base year, {year_words(reader.base_year)}.",
            "What was in force by then is in the baseline already.",
        )
        return None
    return Phase(start, full)


def _steps(reader: Reader, table: Table) -> Phase | None:
    path = (*table.path, "steps")
    data = table.data["steps"]
    if not isinstance(data, Mapping) or not data:
        table.wrong(
            "steps", "must say how much is in force by year.", 'Write steps = { "2024/25" = 0.3, "2025/26" = 1 }.'
        )
        return None
    steps: list[tuple[int, float]] = []
    before = len(reader.problems.found)
    for key, value in data.items():
        year = read_year(key, (*path, key), reader.problems)
        if not is_number(value) or not 0 <= value <= 1:
            reader.problems.add((*path, key), f"{value!r} is not a share from 0 to 1.", "All of it is 1, a third 0.33.")
        elif year is not None and year < reader.base_year:
            reader.problems.add((*path, key), "is before the base year.", "Start with the base year or later.")
        elif year is not None:
            steps.append((year, float(value)))
    if len(reader.problems.found) > before:
        return None
    steps.sort()
    return Phase(steps[0][0], steps[-1][0], tuple(steps))


def health_status(reader: Reader, data: object) -> HealthStatus | None:
    """The share of extra life that is lived in good health."""
    table = reader.table(data, ("health_status",), ("share_in_good_health", "ages", "source"))
    if table is None:
        return None
    share = table.interval("share_in_good_health", LIMITS["share"])
    ages = table.ages(otherwise=(55, 90))
    source = table.text("source", needed=_NAME_IT)
    return HealthStatus(share, source, ages) if share is not None else None


def growth(reader: Reader, data: object, path: Path) -> Growth | None:
    """Growth a year."""
    keys = ("name", "title", *WHERE_KEYS, "per_year", "includes_population", "first", "last", "source")
    table = reader.table(data, path, keys)
    if table is None:
        return None
    name, title = _names(reader, table)
    about = where(reader, table)
    per_year = table.interval("per_year", LIMITS["growth"])
    includes = table.yes(
        "includes_population", needed="Write true if the growth was published with the ageing of people in it."
    )
    first = table.year("first", needed='Write first = "2024/25", the first year that grows.')
    last = table.year("last", needed='Write last = "2028/29", the last year that grows.')
    source = table.text("source", needed=_NAME_IT)
    if first is not None and first <= reader.base_year:
        table.wrong(
            "first",
            f"{year_words(first)} is not after the base year, {year_words(reader.base_year)}.",
            f"Growth begins in {year_words(reader.base_year + 1)} at the earliest.",
        )
    if first is not None and last is not None and last < first:
        table.wrong("last", f"{year_words(last)} is before the first year, {year_words(first)}.", "Turn them round.")
    narrow = [key for key in ("whats", "ages", "sexes", "quintiles", "markers", "nights_at_least") if table.has(key)]
    if includes and narrow:
        table.wrong(
            narrow[0],
            "growth that includes population speaks of whole kinds at sites, so the people cannot be narrowed here.",
            f"Leave out {', '.join(narrow)}, or give the growth beyond population.",
        )
    if per_year is None or first is None or last is None:
        return None
    return Growth(name, title, about, per_year, first, last, includes, source)


def factor(reader: Reader, driver: Driver, data: object, path: Path) -> Factor | None:
    """A factor on activity. Going elsewhere may be written as the share that goes."""
    keys = ("name", "title", *WHERE_KEYS, "factor", "phase", "steps", "source")
    table = reader.table(data, path, (*keys, "share") if driver == "expatriation" else keys)
    if table is None:
        return None
    name, title = _names(reader, table)
    about = where(reader, table)
    limit = LIMITS[driver]
    if driver == "expatriation" and table.has("share"):
        if table.has("factor"):
            table.wrong("share", "there are both factor and share.", "Keep one of them.")
        gone = table.interval("share", LIMITS["share"])
        amount = limit.interval(1 - gone.high, 1 - gone.low) if gone is not None else None
    else:
        amount = table.interval("factor", limit)
    comes = phase(reader, table, needed=driver != "baseline")
    source = table.text("source", needed=_NAME_IT)
    if driver == "waiting_list":
        unplanned = [code for code in about.kinds if code not in PLANNED]
        if unplanned:
            table.wrong(
                "kinds", f"nobody waits on a list for {KINDS[unplanned[0]].plural}.", f"Kinds: {', '.join(PLANNED)}."
            )
        elif not about.kinds:
            table.missing("kinds", f"Say which kinds the list is for: {', '.join(PLANNED)}.")
    if amount is None or comes is None:
        return None
    return Factor(name, title, driver, about, amount, comes, source)


def intervention(reader: Reader, data: object, path: Path) -> Intervention | None:
    """Something that is done, and what it takes away."""
    keys = ("name", "title", "effect", "to", *WHERE_KEYS, "share", "phase", "steps", "source", "owner")
    table = reader.table(data, path, keys)
    if table is None:
        return None
    name, title = _names(reader, table)
    about = where(reader, table)
    effect = _effect(table)
    to = _to(table, effect, about)
    share = table.interval("share", LIMITS["share"])
    comes = phase(reader, table, needed=True)
    source = table.text("source", needed=_NAME_IT)
    owner = table.text("owner", most=200)
    if share is None or comes is None or effect is None or to is None:
        return None
    return Intervention(name, title, effect, about, share, comes, source, to, owner)


def _names(reader: Reader, table: Table) -> tuple[str, str]:
    name = table.name()
    if name:
        reader.problems.name_of(table.path, name)
    if name in RESERVED:
        table.wrong(
            "name", f"{name!r} is a name that the model itself uses.", f'Choose another, such as "{name}-change".'
        )
    return name, table.text("title", needed='Say what it is in a few words: title = "...".', most=200)


def _effect(table: Table) -> Effect | None:
    if not table.has("effect"):
        table.missing("effect", f"Write what it does: {', '.join(EFFECTS)}.")
        return None
    given = table.data["effect"]
    for effect in EFFECTS:
        if given == effect:
            return effect
    table.wrong("effect", f"{given!r} is not an effect that is known.", f"Effects: {', '.join(EFFECTS)}.")
    return None


def _to(table: Table, effect: Effect | None, about: Where) -> str | None:
    """The kind that converted activity becomes: blank where it must be, None where something is wrong."""
    to = table.text("to")
    if effect == "shorten":
        stays = [code for code in about.kinds if not KINDS[code].nights]
        if stays:
            table.wrong("kinds", f"{KINDS[stays[0]].plural} have no nights to shorten.", f"Leave out {stays[0]!r}.")
    if effect == "theatre_time":
        outside = [code for code in about.kinds if KINDS[code].family != "admitted"]
        if outside:
            table.wrong("kinds", f"{KINDS[outside[0]].plural} have no theatre minutes.", f"Leave out {outside[0]!r}.")
    if effect != "convert":
        if to and effect is not None:
            table.wrong(
                "to",
                f"only what converts has a kind to become; this is {effect!r}.",
                'Leave out to, or write effect = "convert".',
            )
        return ""
    if not to:
        if not table.has("to"):
            table.missing("to", 'Write the kind that it becomes, such as to = "sdec" or to = "day_case".')
        return None
    if to not in KINDS:
        table.wrong("to", f"{to!r} is not a kind of activity.", nearest(to, KINDS))
        return None
    return _fits(table, to, about)


def _fits(table: Table, to: str, about: Where) -> str | None:
    """Whether every kind may become `to`."""
    if KINDS[to].nights:
        bedless = [code for code, kind in KINDS.items() if not kind.nights and kind.family == KINDS[to].family]
        table.wrong(
            "to",
            f"{KINDS[to].plural} stay at night; converted activity does not.",
            f"Choose one of {', '.join(bedless)}.",
        )
        return None
    if not about.kinds:
        table.missing("kinds", f"Say which kinds become {KINDS[to].plural}.")
        return None
    for code in about.kinds:
        if code == to:
            table.wrong("to", f"{to!r} is among its own kinds.", f"Take {to!r} out of kinds.")
            return None
        if KINDS[code].family != KINDS[to].family and to not in ALSO_TO.get(code, ()):
            fits = [
                other
                for other, kind in KINDS.items()
                if other != code
                and not kind.nights
                and (kind.family == KINDS[code].family or other in ALSO_TO.get(code, ()))
            ]
            table.wrong(
                "to",
                f"{KINDS[code].plural} cannot become {KINDS[to].plural}: they are another family of activity.",
                f"{code!r} may become {', '.join(fits) or 'nothing else'}.",
            )
            return None
    return to
