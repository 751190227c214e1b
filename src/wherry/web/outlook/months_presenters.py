"""The months as the page says them: each trust's next six with intervals, and how good such forecasts were."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from wherry.web.beds import places
from wherry.web.outlook import charts


def month_words(month: Sequence[int]) -> str:
    """A month in words.

    >>> month_words([2025, 4])
    'April 2025'
    """
    return f"{date(month[0], month[1], 1):%B} {month[0]}"


def page(kept: dict[str, Any]) -> dict[str, Any]:
    """What the page shows of a kept result."""
    rows = zip(
        *(kept["mase"], kept["naive_mase"], kept["crps"], kept["naive_crps"], kept["held80"], kept["held95"]),
        strict=True,
    )
    scores = []
    for number, (mase, naive, crps, other, held80, held95) in enumerate(rows):
        mean, low, high = kept["gain"][number]
        scores.append(
            {
                "ahead": number + 1,
                "mase": f"{mase:.2f}",
                "naive": f"{naive:.2f}",
                "crps": f"{crps:.2f}",
                "other": f"{other:.2f}",
                "gain": f"{-100 * mean / other:+.0f}%",
                "between": f"{-100 * high / other:+.0f}% to {-100 * low / other:+.0f}%",
                "held80": f"{100 * held80:.0f}%",
                "held95": f"{100 * held95:.0f}%",
            }
        )
    return {
        "scores": scores,
        "said": kept["words"],
        "period": f"{month_words(kept['first'])} to {month_words(kept['last'])}",
        "left_out": kept["left_out"],
        "trusts": [_trust(code, one) for code, one in kept["ahead"].items()],
    }


def _trust(code: str, one: dict[str, Any]) -> dict[str, Any]:
    every = [*one["past_months"], *one["months"]]
    labels = [
        (place, f"{date(month[0], month[1], 1):%b} {month[0] % 100:02d}")
        for place, month in enumerate(every)
        if month[1] in (1, 7)
    ]
    bands = [(one["low95"], one["high95"]), (one["low80"], one["high80"])]
    rows = zip(one["months"], one["middle"], one["low80"], one["high80"], one["low95"], one["high95"], strict=True)
    return {
        "code": code,
        "name": places.organisation_words(code),
        "chart": charts.months_fan(one["past"], one["middle"], bands, labels),
        "rows": [
            {
                "month": month_words(month),
                "middle": f"{middle:,.0f}",
                "likely": f"{low:,.0f} to {high:,.0f}",
                "nearly": f"{lowest:,.0f} to {highest:,.0f}",
            }
            for month, middle, low, high, lowest, highest in rows
        ],
    }
