"""The next days of three hospitals: how long a forecast takes, beside a plain Monte Carlo of the same model.

    python bench/forecast.py [--history FOLDER] [--worlds 1000] [--json FILE]

FOLDER holds CSV files of visits; without it an artificial half year is made. The Monte Carlo
draws worlds from the same chances: every known patient a coin at each hour looked at, every day's luck a gamma draw a
way of coming, everybody to come a Poisson draw. It is what one would write first; it knows the chances already, which
is most of our own time, so the ratio is of the step from chances to distributions alone. Both are held against each
other by their quantiles. Compiling is not counted: it is done once and kept.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from wherry.cli import main as command
from wherry.flow.forecast import counts, read
from wherry.flow.forecast import sources as of
from wherry.flow.forecast.model import Model, Position, fit, position
from wherry.flow.forecast.outlook import _placed, expect
from wherry.flow.forecast.past import ELECTIVE
from wherry.flow.forecast.streams import DEPARTMENT
from wherry.hub import flow

LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)


def chances(model: Model, at: Position) -> tuple[np.ndarray, list[tuple[float, np.ndarray]]]:
    """Coins (people, groups, times) and means by day (days, groups, times) with their spread, of the first site."""
    walk = of.Walk(model, at)
    site = model.bedded[0]
    groups = len(model.words.groups)
    coins = [
        _placed(of.here_now(walk), at.beds.group, groups)[at.beds.site == site],
        of.in_department(walk)[at.waiting.site == site],
    ]
    means = []
    for one in model.streams:
        if one.site == site and one.way == DEPARTMENT:
            means.append((one.spread, of.from_department(walk, one)))
        elif one.site == site:
            arrivals = of.not_yet_listed(walk, one) if one.way - 1 == ELECTIVE else of.a_hour(walk, one)
            means.append((one.spread, of.straight_to_bed(walk, one, arrivals)))
    return np.concatenate(coins), means


def exact(coins: np.ndarray, means: list[tuple[float, np.ndarray]]) -> list[list[np.ndarray]]:
    """The distributions of every ward group and time."""
    every = np.concatenate([mean for _, mean in means])
    spread = np.concatenate([np.full(len(mean), one) for one, mean in means])
    return [
        [
            counts.together(counts.coins(np.minimum(coins[:, g, k], 1.0)), counts.arrivals(every[:, g, k], spread))
            for k in range(coins.shape[2])
        ]
        for g in range(coins.shape[1])
    ]


def drawn(coins: np.ndarray, means: list[tuple[float, np.ndarray]], worlds: int, seed: int = 1) -> np.ndarray:
    """Worlds (worlds, groups, times): coins, gamma luck and Poisson counts."""
    draw = np.random.default_rng(seed)
    found = np.empty((worlds, coins.shape[1], coins.shape[2]), dtype=np.int32)
    for world in range(worlds):
        here = (draw.random(coins.shape) < coins).sum(axis=0)
        for spread, mean in means:
            luck = draw.gamma(1 / spread, spread, len(mean)) if spread > 0 else np.ones(len(mean))
            here = here + draw.poisson(np.maximum(mean, 0) * luck[:, None, None]).sum(axis=0)
        found[world] = here
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--history", type=Path)
    parser.add_argument("--worlds", type=int, default=1000)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as hub:
        folder = args.history
        if folder is None:
            folder = Path(hub) / "made"
            command(["flow", "history", "make", str(folder)])
        flow.load(folder, system="norfolk-waveney", hub=Path(hub))
        past = read(flow.history(Path(hub)))
    end = int(past.last) - 14 * 24
    model = fit(past, until=end)
    at = position(model, past, end)
    expect(model, at)  # compiles

    def best(do: Any, times: int = 5) -> float:
        seconds = []
        for _ in range(times):
            began = time.perf_counter()
            do()
            seconds.append(time.perf_counter() - began)
        return min(seconds)

    fitting = best(lambda: fit(past, until=end), 3)
    placing = best(lambda: position(model, past, end))
    forecasting = best(lambda: expect(model, at))
    coins, means = chances(model, at)
    ours = best(lambda: exact(coins, means), 3)
    began = time.perf_counter()
    worlds = drawn(coins, means, args.worlds)
    theirs = time.perf_counter() - began
    right = exact(coins, means)
    apart = [
        abs(counts.mean(right[g][k]) - worlds[:, g, k].mean())
        / max(1e-9, counts.deviation(right[g][k]) / np.sqrt(args.worlds))
        for g in range(len(right))
        for k in range(1, len(right[g]))
        if counts.deviation(right[g][k]) > 0.5
    ]
    quantile = [
        abs(one - two)
        for g in range(len(right))
        for k in range(1, len(right[g]))
        for one, two in zip(counts.quantiles(right[g][k], LEVELS), np.quantile(worlds[:, g, k], LEVELS), strict=True)
    ]
    result = {
        "visits": len(past),
        "in_beds": len(at.beds.site),
        "in_departments": len(at.waiting.site),
        "fit_seconds": fitting,
        "position_seconds": placing,
        "forecast_seconds": forecasting,
        "distributions_one_site_seconds": ours,
        "monte_carlo_one_site_seconds": theirs,
        "worlds": args.worlds,
        "ratio": theirs / ours,
        "mean_apart_in_standard_errors_rms": float(np.sqrt(np.mean(np.square(apart)))),
        "quantiles_apart_beds_mean": float(np.mean(quantile)),
        "quantiles_apart_beds_most": float(np.max(quantile)),
    }
    print(f"{len(past):,} visits; {len(at.beds.site):,} in beds, {len(at.waiting.site)} in departments")
    print(f"fit {fitting:.2f} s, position {placing:.2f} s, forecast of all sites {forecasting:.2f} s")
    print(f"one site, chances to distributions: {ours:.3f} s; Monte Carlo of {args.worlds:,} worlds {theirs:.1f} s")
    print(
        f"ratio {theirs / ours:.0f}; means apart by {result['mean_apart_in_standard_errors_rms']:.2f} standard errors"
    )
    print(f"(1 is chance); quantiles by {np.mean(quantile):.2f} beds in the mean, {np.max(quantile):.0f} at most")
    if args.json:
        args.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
