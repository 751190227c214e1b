"""A trust among its peers as JSON and as lines of text, for the command line and for files."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from wherry.performance.measures.model import Measure
from wherry.performance.peers.compare import Benchmark, Opportunity
from wherry.performance.peers.group import PeerGroup
from wherry.performance.peers.settings import Settings

_UNITS = {"percent": "%", "per_1000": " per 1,000", "per_100000": " per 100,000", "days": " days"}


def figure(value: float | None, measure: Measure) -> str:
    """A value in its unit."""
    return "not known" if value is None else f"{value:,.{measure.decimals}f}{_UNITS.get(measure.unit, '')}"


def _known(value: float) -> float | None:
    """A number; null in JSON where it was not published."""
    return None if math.isnan(value) else value


def group_json(of: PeerGroup, settings: Settings) -> dict[str, Any]:
    """The peers, with the distance and each feature beside the trust's own, and how they were found."""
    return {
        "trust": {"code": of.trust.code, "name": of.trust.name, "region": of.trust.region},
        "group": {"kind": of.kind, "name": of.name, "count": len(of.peers)},
        "method": {
            "version": of.settings_version,
            "features": [
                {"code": f.code, "name": f.name, "kind": f.kind, "weight": f.weight, "log": f.log}
                for f in settings.features
                if f.code in of.features
            ],
            "figures": list(of.vintages),
            "absorbed": list(of.trust.absorbed),
        },
        "peers": [
            {
                "code": peer.trust.code,
                "name": peer.trust.name,
                "region": peer.trust.region,
                "distance": peer.distance,
                "why_similar": {
                    row.feature: {
                        "own": _known(row.own),
                        "theirs": _known(row.theirs),
                        "apart": _known(row.apart),
                        "words": row.words,
                    }
                    for row in peer.likeness
                },
            }
            for peer in of.peers
        ],
        "left_out": [{"code": one.code, "name": one.name, "why": one.why_not} for one in of.left_out],
        "not_known": list(of.missing),
    }


def benchmark_json(measure: Measure, row: Benchmark, reasons: tuple[str, ...]) -> dict[str, Any]:
    """One measure: own figure, median, quartiles, ranks with their ranges, theoretical opportunities."""
    return {
        "measure": measure.code,
        "name": measure.name,
        "unit": measure.unit,
        "direction": measure.direction.value,
        "period": row.period and row.period.isoformat(),
        "own": row.own and asdict(row.own),
        "peers": [asdict(point) for point in row.peers],
        "without_figure": list(row.without),
        "left_out_as_not_reported": dict(row.silent),
        "lower_quartile": row.lower_quartile,
        "median": row.median,
        "upper_quartile": row.upper_quartile,
        "best_quartile": row.best_quartile,
        "rank": row.rank and asdict(row.rank) | {"words": row.rank.words()},
        "rank_of_all": row.rank_of_all and asdict(row.rank_of_all) | {"words": row.rank_of_all.words()},
        "theoretical_opportunity": [opportunity_json(one) for one in row.opportunities],
        "why_it_may_not_be_real": list(reasons) if row.opportunities else [],
        "no_benchmark_because": row.why_not,
    }


def opportunity_json(one: Opportunity) -> dict[str, Any]:
    """An opportunity with everything that it stands on."""
    return asdict(one) | {"period": one.period.isoformat(), "peers": list(one.peers), "theoretical": True}


def words(measure: Measure, row: Benchmark) -> str:
    """One measure as one line."""
    if row.own is None:
        return f"{measure.name}: {row.why_not}"
    own = f"{measure.name}, {row.period:%B %Y}: {figure(row.own.value, measure)}"
    if row.median is None:
        return f"{own}; no benchmark: {row.why_not}"
    said = f"{own}; peers {figure(row.median, measure)} ({figure(row.lower_quartile, measure)} to "
    said += f"{figure(row.upper_quartile, measure)})"
    if row.rank is not None:
        said += f"; {row.rank.words()}"
    gap = next((one for one in row.opportunities if one.to == "median"), None)
    if gap is not None:
        said += f"; theoretical: {gap.amount:,.0f} {gap.things}" if gap.amount else "; no gap to the median"
    return said
