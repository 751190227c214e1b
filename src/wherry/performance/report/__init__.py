"""The integrated performance report: put together once, shown in the browser, as PDF and as a workbook.

`assemble` makes a `Report` of a scope and a month; `pdf.render`, `workbook.render` and `to_json` write it down.
"""

from wherry.performance.report.assemble import Given, Objective, assemble
from wherry.performance.report.controlled import Figures
from wherry.performance.report.model import Narrative, Report, Step, Verdict, from_json, to_json, with_narratives
from wherry.performance.report.rows import Marks

__all__ = [
    "Figures",
    "Given",
    "Marks",
    "Narrative",
    "Objective",
    "Report",
    "Step",
    "Verdict",
    "assemble",
    "from_json",
    "to_json",
    "with_narratives",
]
