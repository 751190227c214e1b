"""Indicator methods of public health: proportions, rates, standardisation, life expectancy, inequality, funnels.

Every method takes arrays and gives frozen figures with `value`, `lower`, `upper` and a `note` that says why there is no
figure where there is none. `wherry indicators METHOD TABLE.csv` is the same from the command line.

>>> from wherry.performance import indicators
>>> found = indicators.rate([12, 4], [10_000, 8_000])
>>> found.value.tolist(), found.method
([120.0, 50.0], ('Byar', 'Exact'))
"""

from .crude import mean, proportion, rate
from .results import Estimate, Estimates, Limits, levels
from .slope import Slope, sii
from .standardised import dsr, dsr_by

__all__ = [
    "Estimate", "Estimates", "Limits", "Slope",
    "dsr", "dsr_by", "levels", "mean", "proportion", "rate", "sii",
]  # fmt: skip
