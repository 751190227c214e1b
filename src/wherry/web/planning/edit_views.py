"""Change a scenario in the browser, by its form or as text, and keep it as a new version with a reason."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from wherry.errors import UserError
from wherry.web.access import Permission
from wherry.web.access.http import Request
from wherry.web.access.requires import requires
from wherry.web.planning import edit_new, edit_services
from wherry.web.planning import scenario_selectors as selectors
from wherry.web.planning.edit_differences import Line, counted, difference
from wherry.web.planning.edit_forms import Edit, begin, read_post
from wherry.web.planning.scenario_reading import places
from wherry.web.planning.scenario_selectors import Version


@requires(Permission.MAKE_PLANS)
@require_GET
def edit(request: Request, slug: str) -> HttpResponse:
    """The form of a version (`?version=`), or its text (`?as=text`)."""
    version = selectors.asked_version(slug, request.GET.get("version", ""))
    newest = selectors.version(slug)
    begun = begin(version, newest.number, as_text=request.GET.get("as") == "text")
    return _page(request, version, newest, begun)


@requires(Permission.MAKE_PLANS)
@require_POST
def save(request: Request, slug: str) -> HttpResponse:
    """Take in what was written; keep it as a new version if that was asked, nothing is wrong and a reason is given."""
    version = selectors.asked_version(slug, request.POST.get("base", ""))
    newest = selectors.version(slug)
    found, act = read_post(request.POST, version, newest.number)
    if act != "save":
        return _page(request, version, newest, found, checked=act == "check")
    if not found.why:
        found.errors["why"] = "Say why in a sentence: whoever reads this plan later will ask"
    if not found.sound:
        return _page(request, version, newest, found)
    try:
        made = edit_services.save(
            access=request.access, name=found.name, text=found.text, why=found.why, base=version, seen=found.seen
        )
    except edit_services.Overtaken as overtaken:
        found.seen = overtaken.between[0].number
        lines = difference(overtaken.between[0].text, found.text)
        return _page(request, version, newest, found, overtaken=overtaken, lines=lines)
    except UserError as error:
        found.general.append(str(error))
        return _page(request, version, newest, found)
    copied = "" if made.slug == slug else f", a copy of {version.title}"
    messages.success(request, f"Kept as version {made.number} of {made.slug}{copied}. Run it to see what it gives.")
    return redirect(f"{reverse('planning:scenario', args=[made.slug])}?version={made.number}")


def _page(
    request: Request,
    version: Version,
    newest: Version,
    found: Edit,
    *,
    checked: bool = False,
    overtaken: edit_services.Overtaken | None = None,
    lines: list[Line] | None = None,
) -> HttpResponse:
    changed = difference(version.text, found.text)
    context: dict[str, Any] = {
        "plan": version,
        "newest": newest,
        "edit": found,
        "checked": checked and found.sound,
        "changed": counted(changed) if changed else "",
        "overtaken": overtaken,
        "lines": lines or [],
        "counted": counted(lines or []),
        "effects": edit_new.EFFECTS,
        "kinds": edit_new.kinds(),
        "converted": edit_new.converted(),
        "markers": edit_new.markers(),
        "places": places(),
    }
    wrong = overtaken is not None or not found.sound
    return render(request, "planning/edit.jinja", context, status=422 if wrong else 200)
