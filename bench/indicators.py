"""Indicators: the same tables through `wherry.performance.indicators` and PHStatsMethods, values and seconds.

    python bench/indicators.py [--rows 100000] [--groups 2000] [--seed 29] [--json FILE]

PHStatsMethods is the Department of Health and Social Care's Python package of indicator methods (GPL-3; used here as it
is installed, and for nothing else). Each method gets one artificial table, made once; both sides are timed on it from
arrays or a data frame to figures with 95% and 99.8% limits, best of three (peer: once where it takes over 5 seconds).
The largest relative difference is over values and all limits. A disagreement is a cell that differs by more than one
part in a thousand million, or that only one side gives; each is counted with its reason. Methods that the peer does
not have (life expectancy, decomposition, slope index, events that are not independent) are timed alone.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

warnings.simplefilter("ignore")
import pandas as pd  # noqa: E402
import PHStatsMethods as peer  # noqa: E402
from scipy.stats import poisson  # noqa: E402

from wherry.performance import indicators  # noqa: E402
from wherry.performance.indicators import limits  # noqa: E402
from wherry.performance.indicators.life import STARTS  # noqa: E402

LEVELS = [0.95, 0.998]
CELLS = ["Value", "lower_95_ci", "upper_95_ci", "lower_99_8_ci", "upper_99_8_ci"]
#: Relative difference above which two cells disagree.
ALIKE = 1e-9


def timed(run: Callable[[], Any], *, once_over: float = 5.0) -> tuple[Any, float]:
    """What a call gives, and the best of three of its seconds (one where it takes long)."""
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        found = run()
        best = min(best, time.perf_counter() - start)
        if best > once_over:
            break
    return found, best


def cells(found: Any) -> np.ndarray:
    """Value and limits as rows, in the order of `CELLS`."""
    return np.stack([found.value, found.lowers[0], found.uppers[0], found.lowers[1], found.uppers[1]])


def theirs(frame: Any, value: str = "Value") -> np.ndarray:
    return frame[[value, *CELLS[1:]]].to_numpy(float).T


def compared(
    name: str,
    ours: np.ndarray,
    other: np.ndarray,
    seconds: tuple[float, float],
    reasons: Callable[[int, int], str],
    rows: int,
) -> dict[str, Any]:
    """One line of the answer: seconds, ratio, largest difference, disagreements by reason."""
    both = np.isfinite(ours) & np.isfinite(other)
    apart = np.zeros_like(ours)
    apart[both] = np.abs(ours[both] - other[both]) / np.maximum(np.abs(other[both]), 1e-12)
    apart[both & (np.abs(ours - other) < 1e-12)] = 0.0
    odd = (both & (apart > ALIKE)) | (np.isfinite(ours) != np.isfinite(other))
    why = Counter(reasons(int(cell), int(row)) for cell, row in zip(*np.nonzero(odd), strict=True))
    return {
        "method": name, "rows": rows, "figures": int(ours.size), "wherry_seconds": seconds[0],
        "peer_seconds": seconds[1], "ratio": seconds[1] / seconds[0], "largest_difference": float(apart.max()),
        "disagreements": int(odd.sum()), "reasons": dict(why),
    }  # fmt: skip


def crude(made: np.random.Generator, rows: int) -> list[dict[str, Any]]:
    people = made.integers(1, 20_000, rows)
    count = made.binomial(people, made.beta(0.5, 12, rows))
    frame = pd.DataFrame({"count": count, "population": people})
    answers = []
    for name, own, other in (
        ("proportion", indicators.proportion, peer.ph_proportion),
        ("rate", indicators.rate, peer.ph_rate),
    ):
        ours, mine = timed(lambda own=own: own(count, people, confidence=LEVELS))
        # The peer stops at a rate of no events, so it gets the other rows; what it does not give is counted below.
        taken = frame if name == "proportion" else frame[frame["count"] > 0]
        found, peers = timed(lambda other=other, taken=taken: other(taken, "count", "population", confidence=LEVELS))
        given = np.full((len(CELLS), rows), np.nan)
        given[:, taken.index.to_numpy()] = theirs(found)

        def reason(cell: int, row: int) -> str:
            if count[row] == people[row]:
                return "all of them: the upper limit is 1, the peer's a rounding below"
            return "no events: the peer refuses a table with such a row" if count[row] == 0 else "other"

        answers.append(compared(name, cells(ours), given, (mine, peers), reason, rows))
    return answers


def means(made: np.random.Generator, groups: int) -> dict[str, Any]:
    frame = pd.DataFrame({"area": np.repeat(np.arange(groups), 12), "value": made.normal(50, 9, groups * 12)})
    codes, values = frame["area"].to_numpy(np.int64), frame["value"].to_numpy()
    ours, mine = timed(lambda: indicators.mean_by(codes, groups, values, confidence=LEVELS))
    found, peers = timed(lambda: peer.ph_mean(frame, "value", "area", confidence=LEVELS))
    return compared("mean", cells(ours), theirs(found), (mine, peers), lambda *_: "other", groups * 12)


def bands(made: np.random.Generator, groups: int) -> Any:
    """Nineteen bands of each of so many areas, some with fewer than ten events."""
    people = made.integers(200, 6_000, (groups, 19))
    level = made.gamma(1.0, 0.004, (groups, 1)) * np.linspace(0.2, 3, 19)
    return pd.DataFrame(
        {
            "area": np.repeat(np.arange(groups), 19),
            "count": made.poisson(people * level).ravel(),
            "population": people.ravel(),
            "standard": np.tile(peer.euro_standard_pop()["euro_standard_pops"].to_numpy(), groups),
            "ref_count": np.tile(made.integers(100, 4_000, 19), groups),
            "ref_population": np.tile(made.integers(40_000, 90_000, 19), groups),
        }
    )


def standardised(frame: Any, groups: int) -> list[dict[str, Any]]:
    columns = {name: frame[name].to_numpy(float) for name in frame.columns if name != "area"}
    codes = frame["area"].to_numpy(np.int64)
    seen = np.bincount(codes, weights=columns["count"])
    few = seen < 10
    answers = []
    ours, mine = timed(lambda: indicators.dsr_by(codes, groups, columns["count"], columns["population"],
                                                 columns["standard"], confidence=LEVELS))  # fmt: skip
    found, peers = timed(lambda: peer.ph_dsr(frame, "count", "population", "standard", "area", confidence=LEVELS,
                                             euro_standard_pops=False))  # fmt: skip

    def reason(cell: int, row: int) -> str:
        if seen[row] == 0:
            return "no events: the peer refuses a table with such a group"
        return "under ten events: one side withholds" if few[row] else "other"

    answers.append(compared("dsr", cells(ours), theirs(found), (mine, peers), reason, len(frame)))
    taken = frame[seen[codes] > 0]  # the peer stops at an area of no events
    places = np.flatnonzero(seen > 0)
    for name, rate, other in (("isr", True, peer.ph_ISRate), ("smr", False, peer.ph_ISRatio)):
        ours, mine = timed(lambda rate=rate: indicators.indirect_by(
            codes, groups, seen, columns["population"], columns["ref_count"], columns["ref_population"],
            confidence=LEVELS, multiplier=1e5 if rate else 1.0, as_rate=rate))  # fmt: skip
        found, peers = timed(lambda other=other: other(taken, "count", "population", "ref_count", "ref_population",
                                                       "area", confidence=LEVELS))  # fmt: skip
        given = np.full((len(CELLS), groups), np.nan)
        given[:, places] = theirs(found)
        answers.append(compared(name, cells(ours), given, (mine, peers), reason, len(frame)))
    return answers


def ranked(made: np.random.Generator, rows: int) -> dict[str, Any]:
    values = made.integers(0, rows // 3, rows).astype(float)
    frame = pd.DataFrame({"value": values})
    ours, mine = timed(lambda: indicators.quantiles(values, 10))
    found, peers = timed(lambda: peer.ph_quantile(frame, "value", nquantiles=10))
    own = np.array([ours.quantile], dtype=float)
    return compared(
        "quantiles", own, found["quantile"].to_numpy(float)[np.newaxis], (mine, peers), lambda *_: "other", rows
    )


def funnels(made: np.random.Generator, rows: int) -> list[dict[str, Any]]:
    people = made.integers(50, 20_000, rows)
    count = made.binomial(people, made.beta(40, 360, rows))
    frame = pd.DataFrame({"count": count, "population": people, "rate": 1e5 * count / people})
    answers = []
    words = {"Not significant": 0, "Low (0.025)": -1, "Low (0.001)": -2, "High (0.025)": 1, "High (0.001)": 2}
    for name, own, extra in (
        ("funnel-proportion", lambda: indicators.funnel_proportions(count, people), {"statistic": "proportion"}),
        ("funnel-rate", lambda: indicators.funnel_rates(count, people),
         {"statistic": "rate", "rate_type": "crude", "rate": "rate", "multiplier": 100_000}),
    ):  # fmt: skip
        ours, mine = timed(own)
        found, peers = timed(lambda extra=extra: peer.assign_funnel_significance(frame, "count", denom_col="population",
                                                                                **extra))  # fmt: skip
        coded = np.array([[words[one] for one in ours.significance]], dtype=float)
        verdict = found["significance"].map(words).to_numpy(float)[np.newaxis]
        answers.append(compared(f"{name} (significance)", coded + 10, verdict + 10, (mine, peers),
                                lambda cell, row, ours=ours: _near(ours, row), rows))  # fmt: skip
    return answers


def _near(ours: Any, row: int) -> str:
    """Whether a figure whose verdict differs lies on a limit."""
    sides = np.concatenate([ours.lowers[:, row], ours.uppers[:, row]])
    apart = np.abs(sides - ours.value[row]).min() / max(abs(ours.value[row]), 1e-12)
    return "within a thousandth of a limit: Byar's on one side, exact on the other" if apart < 1e-3 else "other"


def funnel_curves() -> dict[str, Any]:
    """The peer's curve of rates gives, for counts 1 to 100 and on, the people at which each lies on a limit."""
    frame = pd.DataFrame({"count": [10, 40, 100, 700], "population": [100, 300, 1500, 6000], "rate": 1.0})
    asked = {"denom_col": "population", "rate": "rate", "rate_type": "crude", "years_of_data": 1}
    found, peers = timed(lambda: peer.calculate_funnel_limits(frame, "count", "rate", 1_000, **asked))
    events = found["Events"].to_numpy(float)
    baseline = float(found["baseline"].iloc[0]) / 1_000

    def own() -> np.ndarray:
        low, high = limits.exact_poisson(events, LEVELS)
        return np.stack([high[0], low[0], high[1], low[1]]) / baseline

    ours, mine = timed(own)
    names = ["lower_2s", "upper_2s", "lower_3s", "upper_3s"]
    other = np.stack([found[f"{name}_population_1_year"].to_numpy(float) for name in names])

    def reason(cell: int, row: int) -> str:
        tail = (1 - LEVELS[cell // 2]) / 2
        means = [float(one[cell, row]) * baseline for one in (ours, other)]
        missed = [
            abs((poisson.cdf(events[row], mean) if cell % 2 == 0 else poisson.sf(events[row] - 1, mean)) - tail)
            for mean in means
        ]
        return "the peer's search stops early: its tail is further from the level" if missed[0] < missed[1] else "other"

    return compared("funnel-rate (curve)", ours, other, (mine, peers), reason, len(events))


def alone(made: np.random.Generator, groups: int) -> list[dict[str, Any]]:
    """Methods that the peer does not have: seconds."""
    people = made.integers(800, 9_000, (groups, 20)).astype(float)
    deaths = made.binomial(people.astype(int), np.array([0.004, *np.geomspace(1e-4, 0.25, 19)])).astype(float)
    deaths[:, -1] = np.maximum(deaths[:, -1], 1)
    _, life = timed(lambda: indicators.life_expectancies(deaths, people, confidence=LEVELS))
    some = min(groups, 500)
    _, gaps = timed(lambda: [indicators.arriaga(deaths[at], people[at], deaths[at - 1], people[at - 1])
                             for at in range(some)])  # fmt: skip
    deciles = made.integers(3_000, 9_000, (some, 10)).astype(float)
    values = 75 + np.linspace(0, 8, 10) + made.normal(0, 1, (some, 10))
    _, slopes = timed(
        lambda: [indicators.sii(deciles[at], values[at], standard_error=np.ones(10)) for at in range(some)]
    )
    rates = np.exp(values - 80) / 1_000
    _, free = timed(lambda: [indicators.sii(deciles[at], rates[at], count=np.full(10, 60.0), kind="rate")
                             for at in range(20)])  # fmt: skip
    bands_of = np.repeat(np.arange(groups * 19), 3)
    codes = np.repeat(np.arange(groups), 57)
    freq = np.tile([1.0, 2.0, 3.0], groups * 19)
    seen = made.poisson(5, groups * 57).astype(float)
    ones = np.full(groups * 57, 4_000.0)
    _, repeated = timed(lambda: indicators.dsr_not_independent_by(codes, groups, bands_of, seen, freq, ones, ones))
    return [
        {"method": "life-expectancy", "rows": groups * len(STARTS), "wherry_seconds": life},
        {"method": f"arriaga ({some:,} gaps)", "rows": some * 40, "wherry_seconds": gaps},
        {"method": f"sii ({some:,} areas, 100,000 draws each)", "rows": some * 10, "wherry_seconds": slopes},
        {"method": "sii of rates, line not transformed (20 areas)", "rows": 200, "wherry_seconds": free},
        {"method": "dsr-not-independent", "rows": groups * 57, "wherry_seconds": repeated},
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000, help="rows of crude tables")
    parser.add_argument("--groups", type=int, default=2_000, help="areas of standardised tables")
    parser.add_argument("--seed", type=int, default=29)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    made = np.random.default_rng(args.seed)
    frame = bands(made, args.groups)
    answers = [
        *crude(made, args.rows), means(made, args.groups), *standardised(frame, args.groups),
        ranked(made, args.rows), *funnels(made, min(args.rows, 2_000)), funnel_curves(), *alone(made, args.groups),
    ]  # fmt: skip
    print(f"{'method':<46}{'rows':>9}{'wherry s':>10}{'peer s':>9}{'ratio':>8}{'largest':>10}{'disagree':>10}")
    for one in answers:
        line = f"{one['method']:<46}{one['rows']:>9,}{one['wherry_seconds']:>10.4f}"
        if "peer_seconds" in one:
            line += f"{one['peer_seconds']:>9.3f}{one['ratio']:>8.0f}{one['largest_difference']:>10.1e}"
            line += f"{one['disagreements']:>10,}"
        print(line)
        for reason, many in one.get("reasons", {}).items():
            print(f"    {many:,}: {reason}")
    if args.json:
        args.json.write_text(json.dumps(answers, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
