"""Charts and icons as SVG, in pure Python: for pages, for print and for the PDF alike."""

from wherry.performance.spc.draw.icons import icon
from wherry.performance.spc.draw.spark import spark
from wherry.performance.spc.draw.svg import svg

__all__ = ["icon", "spark", "svg"]
