"""What a run found, in words and rows: tables of policies, of groups, of moves, and the lines of a chart.

Counts of people are exact for those who plan. For everybody else small ones are withheld and the others rounded to
five, so that no group of a few can be made out from two tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wherry.reference.priorities import PRIORITIES
from wherry.web import snapshot as snapshots
from wherry.web.components.charts import nice_ticks
from wherry.web.components.formats import count
from wherry.web.waiting.naming import QUINTILES, Names

SMALL = 5
POLICIES = {
    "nothing": "Nothing changes",
    "trusts": "Each trust keeps to its own",
    "greedy": "One list, worked from the top",
    "aid": "Mutual aid",
}
LIMITS = ("over_18", "over_52", "over_65")
LIMIT_WORDS = {"over_18": "18 weeks", "over_52": "52 weeks", "over_65": "65 weeks"}
GROUPS = {
    "quintile": "Deprivation, by fifths",
    "age": "Age",
    "sex": "Sex",
    "ethnic": "Ethnic group",
    "priority": "Clinical priority",
    "trust": "Trust that has the patient",
    "function": "Treatment function",
}
METHODS = {
    "list": "worked from the top of the list; no optimum",
    "flow": "minimum-cost flow",
    "flow_priced": "minimum-cost flow with a price on moves",
    "highs": "HiGHS",
}


class Counter:
    """Counts as one person may see them.

    >>> Counter(exact=False)(3), Counter(exact=False)(43), Counter(exact=True)(3), Counter(exact=False)(0)
    ('fewer than 5', '45', '3', '0')
    """

    def __init__(self, *, exact: bool) -> None:
        self.exact = exact

    def __call__(self, value: int) -> str:
        """A count in words."""
        if self.exact or value == 0:
            return count(value)
        return f"fewer than {SMALL}" if value < SMALL else count(SMALL * round(value / SMALL))

    def change(self, value: int) -> str:
        """A difference, with its sign.

        >>> Counter(exact=True).change(-12), Counter(exact=True).change(3), Counter(exact=True).change(0)
        ('12 fewer', '3 more', 'the same')
        """
        if not value:
            return "the same"
        return f"{self(abs(value))} {'more' if value > 0 else 'fewer'}"


@dataclass(frozen=True)
class PolicyRow:
    """One policy: people beyond each limit when treated, against nothing changing, and how it was found."""

    code: str
    words: str
    beyond: tuple[tuple[str, str], ...]
    mean: str
    median: str
    unplaced: str
    points: str
    method: str


def policies(result: dict[str, Any], counter: Counter) -> list[PolicyRow]:
    """The table that a run's page opens with."""
    base, best = result["policies"]["nothing"], result["policies"]["aid"]["cost"]
    out = []
    for code, words in POLICIES.items():
        row = result["policies"][code]
        beyond = tuple(
            (counter(row[limit]), "" if code == "nothing" else counter.change(row[limit] - base[limit]))
            for limit in LIMITS
        )
        more = row["cost"] / best - 1 if best else 0.0
        points = "the best found" if code == "aid" else f"{more:+.1%} of the cost of mutual aid"
        out.append(
            PolicyRow(
                code,
                words,
                beyond,
                weeks(row["mean"]),
                weeks(row["median"]),
                counter(row["unplaced"]),
                points,
                METHODS[row["method"]],
            )
        )
    return out


def weeks(value: float | None) -> str:
    """Weeks to one place.

    >>> weeks(12.345), weeks(None)
    ('12.3', 'not known')
    """
    return "not known" if value is None else f"{value:.1f}"


def proof(result: dict[str, Any]) -> str:
    """How good the proposal is proved to be, in one sentence."""
    aid = result["policies"]["aid"]
    if aid["proved"]:
        return (
            f"Proved best: no other plan within these limits treats the list better (found by {METHODS[aid['method']]} "
            f"in {aid['seconds']:.1f} seconds)."
        )
    found = f"Found by {METHODS[aid['method']]} in {aid['seconds']:.1f} seconds."
    given = aid.get("given", [])
    parts = [
        f"{_RANKS.get(rank, rank)} within {max(0.0, (cost - aid['bounds'][rank]) / max(1, cost)):.2%} of its bound"
        + (" (given the places of those before)" if int(rank) in given else "")
        for rank, cost in aid["costs"].items()
        if cost > aid["bounds"][rank] + 0.5 or int(rank) in given
    ]
    return f"{found} Not proved best in every clinical priority: {'; '.join(parts)}."


@dataclass(frozen=True)
class GroupRow:
    """One group of people: how many, beyond 18 and 52 weeks and mean wait under three policies, and who moves."""

    words: str
    people: str
    over: tuple[tuple[str, ...], ...]
    mean: tuple[str, ...]
    moved: str
    sooner: str
    later: str


def groups(result: dict[str, Any], names: Names, counter: Counter) -> list[tuple[str, str, list[GroupRow]]]:
    """Code, title and rows of each way of grouping people. Groups too small to show are left out, and said to be."""
    out = []
    for code, title in GROUPS.items():
        rows = [_group(code, row, names, counter) for row in result["by"].get(code, [])]
        out.append((code, title, rows))
    return out


def _group(code: str, row: dict[str, Any], names: Names, counter: Counter) -> GroupRow:
    shown = ("nothing", "trusts", "aid")
    hidden = not counter.exact and row["people"] < SMALL
    return GroupRow(
        words=_value(code, row["value"], names),
        people=counter(row["people"]),
        over=tuple(
            tuple("withheld" if hidden else counter(row[policy][limit]) for policy in shown) for limit in LIMITS
        ),
        mean=tuple("withheld" if hidden else weeks(row[policy]["mean"]) for policy in shown),
        moved="withheld" if hidden else counter(row["moved"]),
        sooner="withheld" if hidden else counter(row["sooner"]),
        later="withheld" if hidden else counter(row["later"]),
    )


def _value(code: str, value: str, names: Names) -> str:
    if code == "quintile":
        return QUINTILES.get(value, value)
    if code == "trust":
        return names.trust(value)
    if code == "function":
        return names.function(value)
    if code == "priority":
        return _RANKS.get(value.removeprefix("rank "), value)
    return value


_RANKS = {
    str(rank): words
    for rank, words in {
        PRIORITIES["P1a"].rank: "P1a",
        PRIORITIES["P1b"].rank: "P1b",
        PRIORITIES["P2"].rank: "P2 and cancer",
        PRIORITIES["P3"].rank: "P3",
        PRIORITIES["P4"].rank: "P4 or none recorded",
        PRIORITIES["P5"].rank: "P5",
        PRIORITIES["P6"].rank: "P6",
    }.items()
}


def place(code: str, names: Names) -> str:
    """A site by a name short enough for a cell: the town, where the system has one."""
    system = snapshots.system()
    site = system.site(code) if system is not None else None
    return site.short_name if site is not None and site.short_name else names.site(code)


@dataclass(frozen=True)
class Pair:
    """Moves from one site to another, by treatment function. `query` finds them in the list of moves."""

    function: str
    left: str
    to: str
    moves: str
    query: str


def pairs(result: dict[str, Any], names: Names, counter: Counter) -> tuple[list[Pair], list[Pair]]:
    """Moves by pair of sites, and by pair and function, most first."""
    both: dict[tuple[str, str], int] = {}
    for row in result["pairs"]:
        key = (row["from"], row["to"])
        both[key] = both.get(key, 0) + row["moves"]
    whole = [
        Pair("", place(one, names), place(other, names), counter(n), f"show=all&left={one}&to={other}")
        for (one, other), n in sorted(both.items(), key=lambda item: (-item[1], item[0]))
    ]
    rows = sorted(result["pairs"], key=lambda row: (-row["moves"], row["function"], row["from"], row["to"]))
    parts = [
        Pair(
            names.function(row["function"]),
            place(row["from"], names),
            place(row["to"], names),
            counter(row["moves"]),
            f"show=all&left={row['from']}&to={row['to']}&function={row['function']}",
        )
        for row in rows
    ]
    return whole, parts


@dataclass(frozen=True)
class Line:
    """A line of a chart: its points as SVG text, its dashes, where its label stands."""

    words: str
    points: str
    dash: str
    width: int
    label_y: float


@dataclass(frozen=True)
class Lines:
    """Lines over weeks."""

    width: int
    height: int
    left: int
    bottom: int
    right: int
    lines: tuple[Line, ...]
    y_ticks: tuple[tuple[float, str], ...]
    x_ticks: tuple[tuple[float, str], ...]


def chart(result: dict[str, Any], limit: str, *, exact: bool, width: int = 960, height: int = 320) -> Lines:
    """People waiting beyond a limit at the start of each week, one line a policy; rounded to five unless `exact`."""
    left, right, top, bottom = 64, 200, 24, 44
    shown = ("nothing", "trusts", "aid")
    step = 1 if exact else SMALL
    series = {code: [step * round(value / step) for value in result["weeks"][code][limit]] for code in shown}
    ticks = nice_ticks(max((max(values, default=0) for values in series.values()), default=0))
    length = max(1, max(len(values) for values in series.values()) - 1)

    def x_of(week: int) -> float:
        return round(left + (width - left - right) * week / length, 1)

    def y_of(value: float) -> float:
        return round(top + (height - top - bottom) * (1 - value / ticks[-1]), 1)

    dashes = {"nothing": "2 5", "trusts": "9 5", "aid": ""}
    ends = _spread([y_of(series[code][-1]) for code in shown], 18, height - bottom - 6)
    lines = tuple(
        Line(
            POLICIES[code],
            " ".join(f"{x_of(week)},{y_of(value)}" for week, value in enumerate(series[code])),
            dashes[code],
            4 if code == "aid" else 2,
            ends[place],
        )
        for place, code in enumerate(shown)
    )
    return Lines(
        width,
        height,
        left,
        height - bottom,
        width - right,
        lines,
        tuple((y_of(tick), f"{tick:,.0f}") for tick in ticks),
        tuple((x_of(week), str(week)) for week in range(0, length + 1, 4 if length > 12 else 1)),
    )


def _spread(places: list[float], apart: float, lowest: float) -> list[float]:
    """Heights moved until no two are closer than `apart` and none is below `lowest`; the order stays.

    >>> _spread([100.0, 101.0, 50.0], 18, 300), _spread([100.0, 101.0], 18, 110)
    ([100.0, 118.0, 50.0], [92, 110])
    """
    out = list(places)
    order = sorted(range(len(places)), key=lambda at: (places[at], at))
    last = -apart
    for index in order:
        last = out[index] = max(places[index], last + apart)
    for index in reversed(order):
        lowest = out[index] = min(out[index], lowest)
        lowest -= apart
    return out


def limits_in_words(policy: dict[str, Any], names: Names) -> list[tuple[str, str]]:
    """A run's policy as pairs of words."""
    functions = [names.function(code) for code in policy["functions"]]
    ceiling = "none" if policy["ceiling"] is None else count(policy["ceiling"])
    return [
        ("Weeks sooner at least", str(policy["minimum_gain"])),
        ("Miles, for those never asked", str(policy["miles"])),
        ("Weeks of notice", str(policy["notice"])),
        ("Moves between trusts at most", ceiling),
        ("Most deprived fifth gets its share of moves", "yes, required" if policy["fairness"] else "not required"),
        ("Theatre time counted in", policy["theatre"]),
        ("People who have a date", "may move" if policy["move_booked"] else "keep it"),
        ("Treatment functions", ", ".join(functions) or "all"),
    ]
