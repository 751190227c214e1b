"""How theatres were used in the last 26 weeks, and what would be at the rate of the best site.

The best site of a function has the highest rate among sites with enough sessions to be held up to others; cases a
session are only compared between sites whose cases are about as long. What would be is theoretical: case mix differs,
it frees no money, and its two forms overlap and are never added up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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
    def mean_case(self) -> float | None:
        """Mean touch minutes of a case."""
        return self.totals["touch_minutes"] / self.totals["cases"] if self.known else None

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
    """Cases more at the best site's rate: by cases a session (None where no site is alike), by capped utilisation."""

    by_cases: float | None
    by_minutes: float


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
    fits = {function: fit_to_compare(function, everywhere, rule) for function in functions}
    gains = {key: gain_of(use, fits[key[0]], rule) for key, use in uses.items()}
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
            best_of(fits[function]),
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
        by_cases = [gain.by_cases for gain in mine if gain.by_cases is not None]
        gain = Gain(sum(by_cases) if by_cases else None, sum(g.by_minutes for g in mine)) if mine else None
        lines.append(
            SiteLine(site, words, query(filters.function, site), Use(totals[(site,)], rule.session_minutes), gain)
        )
    return lines


def fit_to_compare(function: str, uses: Mapping[tuple[str, ...], Use], rule: CapacityRule) -> dict[str, Use]:
    """The sites whose rates others may be held to: enough sessions; none unless there are two of them."""
    fit = {
        site: use
        for (name, site), use in uses.items()
        if name == function and use.known and use.totals["sessions_with_cases"] >= rule.best_from_sessions
    }
    return fit if len(fit) > 1 else {}


def best_of(fit: Mapping[str, Use]) -> Best | None:
    """The best rates among sites that may be compared."""
    if not fit:
        return None
    by_cases = max(fit, key=lambda site: (fit[site].cases_a_session or 0.0, site))
    by_capped = max(fit, key=lambda site: (fit[site].capped or 0.0, site))
    return Best(fit[by_cases].cases_a_session or 0.0, by_cases, fit[by_capped].capped or 0.0, by_capped)


def gain_of(use: Use, fit: Mapping[str, Use], rule: CapacityRule) -> Gain | None:
    """Cases more at the best rates in the same planned minutes; never fewer. None without anybody to compare with.

    Cases a session are only compared with sites whose mean case is about as long (the rule says how nearly), since a
    site that does short cases does more of them. The minutes gained become cases at the site's own mean case.
    """
    if not fit or not use.known or use.cases_a_session is None or use.capped is None or use.mean_case is None:
        return None
    mean = use.mean_case
    alike = [o for o in fit.values() if o.mean_case and abs(o.mean_case - mean) <= rule.best_case_within * mean]
    planned = use.totals["planned_minutes"]
    best = max((o.cases_a_session or 0.0 for o in alike), default=None)
    by_cases = None if best is None else max(0.0, best - use.cases_a_session) * planned / use.session_minutes
    return Gain(by_cases, max(0.0, max(o.capped or 0.0 for o in fit.values()) - use.capped) * planned / mean)


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
