"""Each kind of assumption from its table: healthy life, growth, factors, interventions.

Each reader returns None where a problem was noted; the caller goes on, so that every problem is found at once.
"""

from __future__ import annotations

from typing import Literal, get_args

from wherry.planning.scenario.limits import LIMITS
from wherry.planning.scenario.model import Effect, Factor, Growth, HealthStatus, Intervention, Where, year_words
from wherry.planning.scenario.parts import WHERE_KEYS, Reader, phase, where
from wherry.planning.scenario.problems import Path, nearest
from wherry.planning.scenario.table import Table
from wherry.reference.activity import KINDS

Driver = Literal["baseline", "repatriation", "expatriation", "waiting_list"]
DRIVERS: tuple[Driver, ...] = get_args(Driver)

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

SAY_WHO = 'Say who says so: a document and its page, or "own default".'


def health_status(reader: Reader, data: object) -> HealthStatus | None:
    """The share of extra life that is lived in good health."""
    table = reader.table(data, ("health_status",), ("share_in_good_health", "ages", "source"))
    if table is None:
        return None
    share = table.interval("share_in_good_health", LIMITS["share"])
    ages = table.ages(otherwise=(55, 90))
    source = table.text("source", needed=SAY_WHO)
    return HealthStatus(share, source, ages) if share is not None else None


def growth(reader: Reader, data: object, path: Path) -> Growth | None:
    """Growth a year."""
    keys = ("name", "title", *WHERE_KEYS, "per_year", "includes_population", "first", "last", "source")
    table = reader.table(data, path, keys)
    if table is None:
        return None
    name, title = _names(table)
    about = where(reader, table)
    per_year = table.interval("per_year", LIMITS["growth"])
    includes = table.yes(
        "includes_population", needed="Write true if the growth was published with the ageing of people in it."
    )
    first = table.year("first", needed='Write first = "2024/25", the first year that grows.')
    last = table.year("last", needed='Write last = "2028/29", the last year that grows.')
    source = table.text("source", needed=SAY_WHO)
    if first is not None and first <= reader.base_year:
        table.wrong(
            "first",
            f"{year_words(first)} is not after the base year, {year_words(reader.base_year)}.",
            f"Growth begins in {year_words(reader.base_year + 1)} at the earliest.",
        )
    if first is not None and last is not None and last < first:
        table.wrong("last", f"{year_words(last)} is before the first year, {year_words(first)}.", "Turn them round.")
    if per_year is None or first is None or last is None:
        return None
    return Growth(name, title, about, per_year, first, last, includes, source)


def factor(reader: Reader, driver: Driver, data: object, path: Path) -> Factor | None:
    """A factor on activity. Going elsewhere may be written as the share that goes."""
    keys = ("name", "title", *WHERE_KEYS, "factor", "phase", "steps", "source")
    table = reader.table(data, path, (*keys, "share") if driver == "expatriation" else keys)
    if table is None:
        return None
    name, title = _names(table)
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
    source = table.text("source", needed=SAY_WHO)
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
    name, title = _names(table)
    about = where(reader, table)
    effect = _effect(table)
    to = _to(table, effect, about)
    share = table.interval("share", LIMITS["share"])
    comes = phase(reader, table, needed=True)
    source = table.text("source", needed=SAY_WHO)
    owner = table.text("owner", most=200)
    if share is None or comes is None or effect is None or to is None:
        return None
    return Intervention(name, title, effect, about, share, comes, source, to, owner)


def _names(table: Table) -> tuple[str, str]:
    name = table.name()
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
