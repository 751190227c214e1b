"""The list: one page of it, its files, and people's saved views."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.db.models import Q
from django.http import FileResponse, HttpResponse, HttpResponseBase, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from wherry.web.access import Permission, audit, requires
from wherry.web.access.access import Access
from wherry.web.access.http import Request
from wherry.web.components.export import xlsx
from wherry.web.waiting import export, panel, presenters, services
from wherry.web.waiting import filters as filtering
from wherry.web.waiting.models import SavedView
from wherry.web.waiting.naming import names_of
from wherry.web.waiting.selectors import NothingYet, WaitingList


@requires(Permission.SEE_LIST)
@require_GET
def waiting_list(request: Request) -> HttpResponse:
    """One page of the list."""
    try:
        listing = WaitingList(request.access)
    except NothingYet:
        return render(request, "waiting/nothing.jinja", {"title": "Waiting list"})
    names = names_of(listing.snapshot)
    filters, ignored = listing.read(request.GET)
    selected = listing.select(filters)
    rows, first, page, pages = listing.page(filters, selected)
    if filters.q and listing.identified:
        # Looking somebody up is a look, though no page of theirs is opened.
        audit.record(
            access=request.access,
            action="waiting_list.searched",
            subject_kind="search",
            subject_key=filters.q,
            detail={"rows": len(rows), "shown": [row["pathway_key"] for row in rows[:5]]},
        )
    context: dict[str, Any] = {
        "listing": listing,
        "identified": listing.identified,
        "filters": filters,
        "ignored": ignored,
        "head": selected.headline,
        "next_line": presenters.line(first, names, identified=listing.identified) if first else None,
        "lines": [presenters.line(row, names, identified=listing.identified) for row in rows],
        "groups": panel.groups(filters, selected, names),
        "chips": panel.chips(filters, names),
        "waits": [
            panel.Choice(value, text, selected.waits[value], value == filters.wait)
            for value, text in filtering.WAIT_WORDS.items()
        ],
        "validations": filtering.VALIDATIONS,
        "shows": filtering.SHOWS,
        "orders": filtering.ORDERS,
        "sizes": filtering.SIZES,
        "links": panel.page_links(filters, page, pages),
        "previous": panel.page_query(filters, page - 1) if page > 1 else None,
        "following": panel.page_query(filters, page + 1) if page < pages else None,
        "page": page,
        "pages": pages,
        "first_row": (page - 1) * filters.size + 1,
        "last_row": (page - 1) * filters.size + len(rows),
        "export_count": len(listing.exportable(selected)) if request.access.can(Permission.EXPORT_LIST) else 0,
        "views": saved_views(request.access, listing),
        "query": filters.query(),
        "trusts": [(code, names.trust(code)) for code in sorted(listing.organisations)],
        "tag": presenters.TAG,
        "with_wait": lambda wait: filters.having(wait=wait).query(),
        "with_show": lambda show: filters.having(show=show).query(),
    }
    return render(request, "waiting/list.jinja", context)


def saved_views(access: Access, listing: WaitingList) -> list[SavedView]:
    """A person's own views, and those shared with their organisations for the same use."""
    purpose = listing.frame.purpose
    shared = Q(shared_with__in=listing.organisations)
    views = SavedView.objects.filter(Q(owner=access.user) | shared, purpose=purpose, deleted_at=None)
    return list(views.select_related("owner"))


@requires(Permission.EXPORT_LIST)
@require_GET
def export_csv(request: Request) -> HttpResponseBase:
    """Every row of the filter as CSV, sent while it is read."""
    listing, filters, rows, names, notes = _for_export(request, "csv")
    response = StreamingHttpResponse(
        export.csv_lines(listing, rows, names, notes), content_type="text/csv; charset=utf-8"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{export.file_name(listing, filters)}.csv"'
    return response


@requires(Permission.EXPORT_LIST)
@require_GET
def export_excel(request: Request) -> FileResponse:
    """Every row of the filter as an Excel workbook."""
    listing, filters, rows, names, notes = _for_export(request, "xlsx")
    return xlsx(
        export.file_name(listing, filters),
        export.header(listing, names),
        export.excel_rows(listing, rows, names),
        notes=notes,
        sheet="Waiting list",
    )


def _for_export(request: Request, kind: str) -> tuple[Any, ...]:
    listing = WaitingList(request.access)
    names = names_of(listing.snapshot)
    filters, _ = listing.read(request.GET)
    rows = listing.exportable(listing.select(filters))
    audit.record(
        access=request.access,
        action="waiting_list.exported",
        subject_kind="list",
        subject_key=kind,
        purpose="direct care" if listing.identified else "secondary use",
        detail={
            "filter": filters.query(),
            "rows": len(rows),
            "identified": listing.identified,
            "snapshot": listing.snapshot.id,
            "organisations": sorted(listing.organisations & request.access.where(Permission.EXPORT_LIST)),
        },
    )
    return listing, filters, rows, names, export.about(listing, filters, len(rows), names)


@requires(Permission.SEE_LIST)
@require_GET
def views(request: Request) -> HttpResponse:
    """A person's saved views: open, rename, share, delete."""
    try:
        listing = WaitingList(request.access)
    except NothingYet:
        return render(request, "waiting/nothing.jinja", {"title": "Saved views"})
    names = names_of(listing.snapshot)
    shown = [(view, _view_words(view, listing)) for view in saved_views(request.access, listing)]
    gone = SavedView.objects.filter(owner=request.access.user).exclude(deleted_at=None).order_by("-deleted_at")[:5]
    context = {
        "mine": [(view, words) for view, words in shown if view.owner_id == request.access.user.pk],  # type: ignore[union-attr]
        "shared": [(view, words) for view, words in shown if view.owner_id != request.access.user.pk],  # type: ignore[union-attr]
        "gone": gone,
        "trusts": [(code, names.trust(code)) for code in sorted(listing.organisations)],
    }
    return render(request, "waiting/views.jinja", context)


def _view_words(view: SavedView, listing: WaitingList) -> str:
    filters, _ = listing.read(QueryDict(view.query))
    return panel.words(filters, names_of(listing.snapshot))


@requires(Permission.SEE_LIST)
@require_POST
def save_view(request: Request) -> HttpResponse:
    """Keep the filter that the page shows."""
    listing = WaitingList(request.access)
    filters, _ = listing.read(QueryDict(request.POST.get("query", "")))
    query = filters.query(search=False)
    try:
        view = services.save_view(
            access=request.access,
            name=request.POST.get("name", ""),
            query=query,
            purpose=listing.frame.purpose,
            shared_with=request.POST.get("shared_with", ""),
        )
    except services.Refused as refused:
        messages.error(request, f"The view was not saved. {refused}.")
    else:
        left = " The words you searched for were left out, because they may name a patient." if filters.q else ""
        messages.success(request, f"Saved as “{view.name}”.{left}")
    return redirect(f"{reverse('waiting:list')}?{filters.query()}")


@requires(Permission.SEE_LIST)
@require_POST
def change_view(request: Request, view_id: int, act: str) -> HttpResponse:
    """Rename or share, delete, or bring back one of one's own views."""
    try:
        if act == "rename":
            name, shared = request.POST.get("name", ""), request.POST.get("shared_with", "")
            view = services.rename_view(access=request.access, view_id=view_id, name=name, shared_with=shared)
            messages.success(request, f"Saved as “{view.name}”.")
        elif act == "delete":
            view = services.delete_view(access=request.access, view_id=view_id)
            messages.success(request, f"“{view.name}” is deleted. You can bring it back below.")
        else:
            view = services.restore_view(access=request.access, view_id=view_id)
            messages.success(request, f"“{view.name}” is back.")
    except services.Refused as refused:
        messages.error(request, f"Nothing was changed. {refused}.")
    return redirect("waiting:views")


def own_path(address: str, default: str) -> str:
    """An address of this service that a form names as the place to go back to; anything else is the default.

    >>> own_path("/waiting-list/?trust=RM1", "/"), own_path("//elsewhere.example/", "/"), own_path("http://x/", "/")
    ('/waiting-list/?trust=RM1', '/', '/')
    """
    parts = urlsplit(address)
    good = address.startswith("/") and not address.startswith("//") and not parts.netloc and "\\" not in address
    return address if good else default
