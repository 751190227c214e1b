"""Load figures that organisations send: a file, what will be taken of it and what is refused, then a yes."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from wherry.errors import UserError
from wherry.performance.measures import loaded, periods
from wherry.performance.measures.loaded_rows import COLUMNS
from wherry.performance.measures.model import Kind, Measure
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission
from wherry.web.access.http import Request
from wherry.web.access.requires import requires
from wherry.web.components import performance
from wherry.web.components.export import stream_csv
from wherry.web.measures import load_services

#: How many refused rows, taken rows and loads are shown.
SHOWN, TAKEN_SHOWN, LOADS = 200, 20, 50


@requires(Permission.KEEP_MEASURES)
@require_http_methods(["GET", "POST"])
def load(request: Request) -> HttpResponseBase:
    """The page (`?template` downloads an empty file to fill); by POST one of its acts."""
    if request.method == "GET":
        return _template(request) if "template" in request.GET else _page(request)
    act = request.POST.get("act", "")
    number = request.POST.get("number", "")
    which = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0
    try:
        if act == "send":
            load_services.send(access=request.access, file=request.FILES.get("file"))
            return _page(request)
        if act == "take":
            made = load_services.take(access=request.access, pk=which)
            messages.success(
                request,
                f"Load {made.number} taken: {made.rows_published} figures of {made.file_name}. Pages show them in a "
                "minute or two, when values have been counted again.",
            )
        elif act == "give-up":
            load_services.give_up(access=request.access, pk=which)
            messages.success(request, "The file was not taken, and is forgotten.")
        elif act == "withdraw":
            messages.success(
                request, f"Load {load_services.withdraw(access=request.access, number=which).number} withdrawn."
            )
        elif act == "restore":
            messages.success(
                request, f"Load {load_services.restore(access=request.access, number=which).number} counts again."
            )
        else:
            raise UserError(
                f"The page does not know what to do ({act[:20] or 'nothing was asked'}). Nothing was taken."
            )
    except UserError as error:
        return _page(request, error=str(error), status=422)
    return redirect("measures:load")


def _page(request: Request, *, error: str = "", status: int = 200) -> HttpResponse:
    context: dict[str, Any] = performance.tabs(request, "measures:summary")
    upload, checked = load_services.waiting(request.access), None
    if upload is not None:
        try:
            checked = load_services.check(upload)
        except UserError as wrong:
            error = error or str(wrong)
            load_services.give_up(access=request.access, pk=upload.pk)
            upload, status = None, 422
    loads = loaded.current().loads
    values = performance.values()
    known = values.measures() if values is not None else frozenset()
    measures = _measures()
    context |= {
        "error": error,
        "upload": upload,
        "checked": checked,
        "refused": checked.file.quarantined[:SHOWN] if checked else [],
        "taken": [_row(row, measures) for row in checked.file.rows[:TAKEN_SHOWN]] if checked else [],
        "loads": loads[::-1][:LOADS],
        "older": max(0, len(loads) - LOADS),
        "columns": COLUMNS,
        "measures": measures.values(),
        "without": [one for one in measures.values() if one.code not in known],
        "megabytes": load_services.BYTES_AT_MOST // 1_000_000,
    }
    return render(request, "measures/load.jinja", context, status=status)


def _row(row: Any, measures: dict[str, Measure]) -> dict[str, Any]:
    one = measures.get(row.measure)
    period = periods.words(row.period, one.grain) if one else row.period.isoformat()
    return {"row": row, "name": one.name if one else row.measure, "period": period}


def _measures() -> dict[str, Measure]:
    """Measures whose figures are sent in files."""
    return {code: one for code, one in performance.definitions().items() if one.source.kind is Kind.LOADED}


def _template(request: Request) -> HttpResponseBase:
    """An empty file to fill: a row a measure and trust, of one measure (`?template=CODE`) or of all."""
    measures = _measures()
    asked = request.GET.get("template", "")
    chosen = [measures[asked]] if asked in measures else list(measures.values())
    system = snapshots.system()
    trusts = system.trusts if system is not None else ()
    name = f"figures-{asked if asked in measures else 'all'}"
    return stream_csv(name, COLUMNS, loaded.template(chosen, trusts))
