"""Views of did it work: the list, one evaluation, its form, acts on it, and its files."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wherry.errors import UserError
from wherry.performance.evaluation import words
from wherry.performance.evaluation.settings import METHODS
from wherry.performance.measures.model import DOMAINS
from wherry.web.access import Permission
from wherry.web.access.http import Request
from wherry.web.access.requires import requires
from wherry.web.components import performance
from wherry.web.components.performance import tabs
from wherry.web.evaluation import files, forms, presenters, services
from wherry.web.evaluation.models import Evaluation, Result
from wherry.web.evaluation.question import DIRECTIONS, POOLS


@requires(Permission.SEE_MEASURES)
@require_GET
def listed(request: Request) -> HttpResponse:
    """Everything that was tried, in one order, whatever came of it."""
    items = presenters.listing(request.access)
    context = {
        **tabs(request, "evaluation:list"),
        "items": items,
        "counted": presenters.counted(items),
        "may_judge": request.access.can(Permission.JUDGE_BENEFITS),
    }
    return render(request, "evaluation/listed.jinja", context)


@requires(Permission.SEE_MEASURES)
@require_GET
def one(request: Request, pk: int) -> HttpResponse:
    """One evaluation, by the values in force or by earlier ones (`?values=`)."""
    return _page(request, get_object_or_404(Evaluation, pk=pk))


def _page(
    request: Request, row: Evaluation, errors: dict[str, str] | None = None, typed: QueryDict | None = None
) -> HttpResponse:
    result = _result(request, row)
    page = presenters.page(row, result, request.access)
    values = performance.values()
    context: dict[str, Any] = {
        **tabs(request, "evaluation:list"),
        "page": page,
        "row": row,
        "found": page.found,
        "about": presenters.about(row, page.measure.unit if page.measure else "number"),
        "assumptions": (*words.ASSUMPTIONS[row.method], *words.ALWAYS),
        "gross": words.gross_and_net(page.found) if page.found else "",
        "settings": presenters.settings_rows(),
        "results": list(row.results.all()),
        "added": list(row.added.all()),
        "kinds": services.KINDS,
        "today": performance.today(),
        "compared": services.would_compare(row) if row.fixed_on is None and row.withdrawn_at is None else None,
        "late": performance.today() >= row.starts_on,
        "values_id": values.id if values else "",
        "may_judge": request.access.can(Permission.JUDGE_BENEFITS),
        "errors": errors or {},
        "typed": typed or {},
        "words": words,
    }
    return render(request, "evaluation/one.jinja", context, status=422 if errors else 200)


def _result(request: Request, row: Evaluation) -> Result | None:
    asked = request.GET.get("values", "")
    if asked:
        found = row.results.filter(values_id=asked[:100]).first()
        if found is None:
            raise Http404(f"No result of these values: {asked[:100]}")
        return found
    return services.judge_now(row)


@requires(Permission.JUDGE_BENEFITS)
@require_http_methods(["GET", "POST"])
def new(request: Request) -> HttpResponse:
    """Register what is to be tried. No figure is shown here."""
    if request.method == "GET":
        return _form(request, None, {**forms.shown(None), "measure": request.GET.get("measure", "")[:100]})
    asked, errors = forms.read(request.POST)
    try:
        row = services.register(access=request.access, asked=asked, unread=errors)
    except services.Refused as refused:
        return _form(request, None, forms.typed(request.POST), refused.errors)
    messages.success(request, "Registered. Read it through, then fix it: from then on nothing of it changes.")
    return redirect("evaluation:one", pk=row.pk)


@requires(Permission.JUDGE_BENEFITS)
@require_http_methods(["GET", "POST"])
def edit(request: Request, pk: int) -> HttpResponse:
    """Change one that is not fixed yet."""
    row = get_object_or_404(Evaluation, pk=pk)
    if request.method == "GET":
        if row.fixed_on is not None:
            messages.warning(request, f"It was fixed on {services.words_of(row)}, so nothing of it can be changed.")
            return redirect("evaluation:one", pk=pk)
        return _form(request, row, forms.shown(row))
    asked, errors = forms.read(request.POST)
    try:
        seen = _number(request.POST.get("seen", ""))
        services.change(access=request.access, pk=pk, asked=asked, seen=seen, unread=errors)
    except services.Refused as refused:
        return _form(request, row, forms.typed(request.POST), refused.errors)
    except services.Overtaken as overtaken:
        return _form(request, row, forms.typed(request.POST), overtaken=str(overtaken))
    messages.success(request, "Changed. Read it through, then fix it.")
    return redirect("evaluation:one", pk=pk)


def _form(
    request: Request,
    row: Evaluation | None,
    typed: dict[str, Any],
    errors: dict[str, str] | None = None,
    overtaken: str = "",
) -> HttpResponse:
    measures = performance.definitions()
    grouped = [
        (title, [one for one in measures.values() if one.domain == code])
        for code, title in DOMAINS.items()
        if any(one.domain == code for one in measures.values())
    ]
    context = {
        **tabs(request, "evaluation:list"),
        "row": row,
        "form": typed,
        "errors": errors or {},
        "overtaken": overtaken,
        "theirs": forms.shown(row) if row and overtaken else {},
        "grouped": grouped,
        "measures": measures,
        "scopes": [(one.code, one.name) for one in performance.scopes() if one.kind != "place"],
        "methods": METHODS,
        "pools": POOLS,
        "directions": DIRECTIONS,
        "seen": row.version if row else 0,
    }
    return render(request, "evaluation/form.jinja", context, status=422 if errors or overtaken else 200)


@requires(Permission.JUDGE_BENEFITS)
@require_POST
def act(request: Request, pk: int) -> HttpResponse:
    """Fix it, withdraw it, or add what is known later."""
    row = get_object_or_404(Evaluation, pk=pk)
    post, said = request.POST, ""
    try:
        if post.get("act") == "fix":
            services.fix(access=request.access, pk=pk, seen=_number(post.get("seen", "")))
            said = "Fixed. It is judged whenever new values of measures come."
        elif post.get("act") == "withdraw":
            services.withdraw(access=request.access, pk=pk, why=post.get("why", ""))
            said = "Withdrawn. It stays on the list, with the reason and what was found."
        elif post.get("act") == "add":
            errors: dict[str, str] = {}
            pounds = forms.amount(post.get("pounds", ""), "pounds", errors)
            if errors:
                raise services.Refused(errors)
            pence = None if pounds is None else round(100 * pounds)
            services.add(
                access=request.access, pk=pk, kind=post.get("kind", ""), text=post.get("text", ""), pence=pence
            )
            said = "Added."
        else:
            messages.error(request, "Choose what to do. Nothing was changed.")
    except services.Refused as refused:
        return _page(request, row, refused.errors, post)
    except UserError as error:
        messages.error(request, str(error))
    if said:
        messages.success(request, said)
    return redirect("evaluation:one", pk=pk)


@requires(Permission.SEE_MEASURES)
@require_GET
def export(request: Request, pk: int, kind: str) -> HttpResponseBase:
    """The figures of one evaluation as a file, under the disclosure control of what leaves."""
    row = get_object_or_404(Evaluation, pk=pk)
    if kind not in ("csv", "xlsx"):
        raise Http404("CSV or xlsx")
    return files.export(request, row, _result(request, row), kind)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
