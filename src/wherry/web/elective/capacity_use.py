"""How theatres were used in the last 26 weeks, and what would be at the rate of the best site.

The best site of a function has the highest rate among sites with enough sessions to be held up to others. What would be
is theoretical: it takes every site's cases as alike, frees no money, and its two forms overlap and are never added up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from wherry.reference import standards
from wherry.waiting.capacity import CapacityRule, rule_on
from wherry.web.elective.capacity_filters import Filters
from wherry.web.elective.capacity_frame import Cells, Totals, monday_of
from wherry.web.elective.capacity_selectors import Capacity
from wherry.web.waiting.frame import Bools

AIM = "theatre.capped_use.aim"
_PLACES = ("treatment_function", "site")


@dataclass(frozen=True)
class Use:
    """Use of one site, or of one function there. Shares are blank where no case was recorded: that is not zero."""

    totals: Totals
    session_minutes: int

    @property
    def known(self) -> bool:
        """Whether any case came with the sessions."""
        return self.totals["cases"] > 0 and self.totals["planned_minutes"] > 0

    @property
    def capped(self) -> float | None:
        """Capped utilisation: share of planned minutes in which a patient was in theatre."""
        return self.totals["capped_minutes"] / self.totals["planned_minutes"] if self.known else None

    @property
    def cases_a_session(self) -> float | None:
        """Cases for each four hours planned."""
        if not self.known:
            return None
        return self.totals["cases"] * self.session_minutes / self.totals["planned_minutes"]

    @property
    def late_start(self) -> float | None:
        """Mean minutes a session with cases."""
        return self._mean("late_start_minutes")

    @property
    def early_finish(self) -> float | None:
        """Mean minutes a session with cases."""
        return self._mean("early_finish_minutes")

    def _mean(self, name: str) -> float | None:
        sessions = self.totals["sessions_with_cases"]
        return self.totals[name] / sessions if self.known and sessions else None

    @property
    def without_cases(self) -> int:
        """Sessions held of which no case is known: left out of every rate."""
        return self.totals["sessions_held"] - self.totals["sessions_with_cases"]

    @property
    def not_held(self) -> float | None:
        """Share of planned sessions that were not held."""
        planned = self.totals["sessions_planned"]
        return (planned - self.totals["sessions_held"]) / planned if planned else None


@dataclass(frozen=True)
class Gain:
    """Cases more in the window at the best site's rate: by cases a session, and by capped utilisation."""

    by_cases: float = 0.0
    by_minutes: float = 0.0

    def __add__(self, other: Gain) -> Gain:
        return Gain(self.by_cases + other.by_cases, self.by_minutes + other.by_minutes)


@dataclass(frozen=True)
class Best:
    """The best rates of one function among sites with enough sessions, and where."""

    cases_a_session: float
    cases_site: str
    capped: float
    capped_site: str


@dataclass(frozen=True)
class SiteLine:
    """One site, all of the functions in the filter together."""

    site: str
    words: str
    query: str
    use: Use
    gain: Gain | None


@dataclass(frozen=True)
class FunctionLine:
    """One function at every site."""

    function: str
    words: str
    query: str
    cells: dict[str, tuple[Use, str, Gain | None]]
    best: Best | None


@dataclass(frozen=True)
class UsePage:
    """Everything the page shows."""

    first: date
    last: date
    sites: list[SiteLine]
    functions: list[FunctionLine]
    whole: Use
    aim: standards.Standard | None
    rule: CapacityRule


def use_page(capacity: Capacity, filters: Filters) -> UsePage:
    """Use by site and function over the rule's weeks up to the census."""
    rule = rule_on(capacity.frame.census)
    last = monday_of(capacity.frame.census)
    first = last - timedelta(weeks=rule.case_weeks - 1)
    facts = capacity.frame.use
    keep: Bools = capacity.scope(facts) & facts.between(first, last)
    everywhere = {key: Use(t, rule.session_minutes) for key, t in facts.totals(keep, _PLACES).items()}
    if filters.sites:
        keep &= facts.of("site", filters.sites)
    if filters.function:
        keep &= facts.of("treatment_function", (filters.function,))
    cells = facts.totals(keep, _PLACES)
    uses = {key: Use(totals, rule.session_minutes) for key, totals in cells.items()}
    functions = sorted({function for function, _ in uses})
    bests = {function: best_of(function, everywhere, rule) for function in functions}
    gains = {key: gain_of(use, bests[key[0]]) for key, use in uses.items()}
    days = {"first": first, "last": capacity.frame.census}

    def query(function: str, site: str) -> str:
        return filters.query(kind="theatre", sites=(site,) if site else filters.sites, function=function, **days)

    lines = [
        FunctionLine(
            function,
            capacity.names.function(function),
            filters.query(function=function),
            {
                site: (uses[function, site], query(function, site), gains[function, site])
                for site in capacity.sites
                if (function, site) in uses
            },
            bests[function],
        )
        for function in functions
    ]
    return UsePage(
        first,
        capacity.frame.census,
        _sites(capacity, facts.totals(keep, ("site",)), gains, rule, query, filters),
        sorted(lines, key=lambda line: line.words),
        Use(facts.total(keep), rule.session_minutes),
        standards.in_force(AIM, capacity.today),
        rule,
    )


def _sites(
    capacity: Capacity,
    totals: Cells,
    gains: dict[tuple[str, ...], Gain | None],
    rule: CapacityRule,
    query: Callable[[str, str], str],
    filters: Filters,
) -> list[SiteLine]:
    lines = []
    for site, words in capacity.sites.items():
        if (site,) not in totals:
            continue
        mine = [gain for (_, where), gain in gains.items() if where == site and gain is not None]
        gain = sum(mine, Gain()) if mine else None
        lines.append(
            SiteLine(site, words, query(filters.function, site), Use(totals[(site,)], rule.session_minutes), gain)
        )
    return lines


def best_of(function: str, uses: dict[tuple[str, ...], Use], rule: CapacityRule) -> Best | None:
    """The best rates of a function; None unless two sites have enough sessions to be compared."""
    fit = {
        site: use
        for (name, site), use in uses.items()
        if name == function and use.known and use.totals["sessions_with_cases"] >= rule.best_from_sessions
    }
    if len(fit) < 2:
        return None
    by_cases = max(fit, key=lambda site: (fit[site].cases_a_session or 0.0, site))
    by_capped = max(fit, key=lambda site: (fit[site].capped or 0.0, site))
    return Best(fit[by_cases].cases_a_session or 0.0, by_cases, fit[by_capped].capped or 0.0, by_capped)


def gain_of(use: Use, best: Best | None) -> Gain | None:
    """Cases more at the best rates in the same planned minutes; never fewer. None without a best or a case.

    The minutes gained become cases at the site's own mean touch time a case.
    """
    if best is None or not use.known or use.cases_a_session is None or use.capped is None:
        return None
    planned, cases = use.totals["planned_minutes"], use.totals["cases"]
    by_cases = max(0.0, best.cases_a_session - use.cases_a_session) * planned / use.session_minutes
    mean = use.totals["touch_minutes"] / cases
    return Gain(by_cases, max(0.0, best.capped - use.capped) * planned / mean)


USE_HEADER = (
    *("Site code", "Site", "Treatment function code", "Treatment function", "Sessions planned", "Sessions held"),
    *("Sessions held with a case", "Planned minutes of those", "Touch minutes", "Capped minutes", "Late start minutes"),
    *("Early finish minutes", "Cases", "Capped utilisation", "Cases per four-hour session"),
    *("Cases more at the best site's cases per session", "Cases more at the best site's capped utilisation"),
)


def use_lines(capacity: Capacity, page: UsePage) -> Iterator[list[object]]:
    """The page's rows by function and site, for a file."""
    for line in page.functions:
        for site, (use, _, gain) in line.cells.items():
            yield [
                site,
                capacity.names.site(site),
                line.function,
                line.words,
                *use.totals.values(),
                use.capped,
                use.cases_a_session,
                gain.by_cases if gain else None,
                gain.by_minutes if gain else None,
            ]
