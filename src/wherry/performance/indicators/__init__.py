"""Indicator methods of public health: proportions, rates, standardisation, life expectancy, inequality, funnels.

Every method takes arrays and gives frozen figures with `value`, `lower`, `upper` and a `note` that says why there is no
figure where there is none. `wherry indicators METHOD TABLE.csv` is the same from the command line.

>>> from wherry.performance import indicators
>>> found = indicators.rate([12, 4], [10_000, 8_000])
>>> found.value.tolist(), found.method
([120.0, 50.0], ('Byar', 'Exact'))
"""

from .arriaga import Gap, arriaga
from .crude import mean, mean_by, proportion, rate
from .funnel import Funnel, funnel_dsr, funnel_proportions, funnel_rates, funnel_ratios
from .indirect import indirect_by, isr, smr
from .life import LifeTable, life_expectancies, life_expectancy, life_table
from .quantiles import Quantiles, quantiles
from .results import Estimate, Estimates, Limits, levels
from .slope import Slope, sii
from .standardised import dsr, dsr_by, dsr_not_independent, dsr_not_independent_by

__all__ = [
    "Estimate", "Estimates", "Funnel", "Gap", "LifeTable", "Limits", "Quantiles", "Slope",
    "arriaga", "dsr", "dsr_by", "dsr_not_independent", "dsr_not_independent_by", "funnel_dsr", "funnel_proportions",
    "funnel_rates", "funnel_ratios", "indirect_by", "isr", "levels", "life_expectancies", "life_expectancy",
    "life_table", "mean", "mean_by", "proportion", "quantiles", "rate", "sii", "smr",
]  # fmt: skip
