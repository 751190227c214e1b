"""The report as PDF: tagged (PDF/UA-1), with title, language and alternative texts. No network, browser or system font.

Typst compiles `report.typ` with the report as JSON; charts are the same SVG that the page shows.
"""

from __future__ import annotations

import json
from datetime import datetime
from functools import lru_cache
from importlib.resources import as_file, files
from typing import Any

from wherry.performance.report.model import Report

#: The fonts of the report in the order in which they are asked for a sign: the last three are those that Typst brings.
FONTS = '"Source Sans Pro", "Libertinus Serif", "New Computer Modern", "DejaVu Sans Mono"'
_HERE = files("wherry.performance.report")
_SANS = files("font_source_sans_pro") / "files"


@lru_cache(maxsize=1)
def _fonts() -> Any:
    import typst

    with as_file(_SANS) as folder:
        return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(folder)])


def compiled(source: str, data: str, *, moment: int = 0) -> bytes:
    """A Typst text with `report` as its only input, as PDF. Raises typst.TypstError."""
    import typst

    made = typst.compile(
        source.encode(),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"report": data},
        pdf_standards=["ua-1"],
        timestamp=moment,
    )
    return bytes(made)


def render(report: Report) -> bytes:
    """The PDF of a report. The same report gives the same bytes: its clock is the report's own."""
    return compiled(*_source(report), moment=_moment(report))


def pictures(report: Report, ppi: float = 80.0) -> list[bytes]:
    """The pages as PNG, for looking at."""
    import typst

    source, data = _source(report)
    made: Any = typst.compile(
        source.encode(),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"report": data},
        format="png",
        ppi=ppi,
    )
    return made if isinstance(made, list) else [made]


def _source(report: Report) -> tuple[str, str]:
    from wherry.performance.report.pdf_data import data
    from wherry.performance.report.pdf_text import everywhere

    source = (_HERE / "report.typ").read_text(encoding="utf-8").replace('"FONTS"', FONTS)
    return source, json.dumps(everywhere(data(report)))


def _moment(report: Report) -> int:
    return int(datetime.fromisoformat(report.sent_at or report.made_at).timestamp())
