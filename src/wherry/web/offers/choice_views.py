"""What patients chose, in totals: a table and the same as a file."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from wherry.web import snapshot as snapshots
from wherry.web.access import Permission, audit, requires
from wherry.web.access.http import Request
from wherry.web.components.export import stream_csv
from wherry.web.offers import choices, context, presenters


@requires(Permission.SEE_CHOICES)
@require_GET
def page(request: Request) -> HttpResponse:
    """The measures, split one way at a time."""
    names, asked = context.names(), choices.read(request.GET)
    found = choices.choices(request.access, asked, names, snapshots.today())
    shown = {
        "tabs": presenters.tabs(request.access, "offers:choices"),
        "asked": asked,
        "found": found,
        "measures": choices.MEASURES,
        "of": choices.OF,
        "splits": choices.SPLITS,
        "months": [(month, choices.in_words("month", month, names)) for month in found.months],
        "trusts": [(code, names.trust(code)) for code in found.trusts],
        "functions": [(code, names.function(code)) for code in found.functions],
        "query": urlencode({k: v for k, v in asked.__dict__.items() if v}),
    }
    return render(request, "offers/choices.jinja", shown)


@requires(Permission.SEE_CHOICES)
@require_GET
def export(request: Request) -> StreamingHttpResponse:
    """The same table as a file."""
    names, asked = context.names(), choices.read(request.GET)
    found = choices.choices(request.access, asked, names, snapshots.today())
    audit.record(
        access=request.access,
        action="choices.exported",
        subject_kind="choices",
        subject_key=asked.by,
        purpose="planning",
        detail=dict(asked.__dict__),
    )
    header = [choices.SPLITS[asked.by], "Waiting", "Invited to ask"]
    for measure, words in choices.MEASURES.items():
        header += [words, f"{words}, rate"] if measure in choices.OF else [words]
    rows = []
    for row in [*found.rows, found.total]:
        cells = [row.text, row.cells["waiting"].words, row.cells["invited"].words]
        for measure in choices.MEASURES:
            cell = row.cells[measure]
            cells.append(cell.words)
            if measure in choices.OF:
                cells.append("" if cell.rate is None else f"{100 * cell.rate:.1f}%")
        rows.append(cells)
    return stream_csv(f"choices-{asked.by}-{snapshots.today().isoformat()}", header, rows)
