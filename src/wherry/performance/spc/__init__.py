"""Statistical process control: is a measure changing, and will it meet its target?

>>> from datetime import date
>>> days = [date(2025, month, 1) for month in range(1, 9)]
>>> made = chart(days, [10, 12, 11, 13, 9, 12, 10, 11], improvement="decrease", target=20)
>>> made.groups[0].mean, made.variation, made.assurance
(11.0, 'common_cause', 'consistent_pass')
"""

from wherry.performance.spc import draw, words
from wherry.performance.spc.charts import FEWEST_FIXED, chart
from wherry.performance.spc.model import DEFAULT, PRESETS, SIX, SPREADSHEET, Chart, Group, Options, Point
from wherry.performance.spc.rare import g_chart, t_chart

__all__ = [
    "DEFAULT",
    "FEWEST_FIXED",
    "PRESETS",
    "SIX",
    "SPREADSHEET",
    "Chart",
    "Group",
    "Options",
    "Point",
    "chart",
    "draw",
    "g_chart",
    "t_chart",
    "words",
]
