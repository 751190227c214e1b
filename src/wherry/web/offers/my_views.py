"""A patient's own page: prove who you are, read the offer, answer, see what happens next. One question a page."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wherry.errors import UserError
from wherry.web import snapshot as snapshots
from wherry.web.access import public
from wherry.web.access.signing_in import address_of
from wherry.web.offers import answers, codes, context, my_session, plain, presenters, rules
from wherry.web.offers.acts import Actor
from wherry.web.offers.models import AnswerCode, Kind, Method, Offer, State
from wherry.web.offers.my_session import mine, show
from wherry.web.waiting.naming import Names

WRONG = "The code and the date of birth do not open a page. Check both, or call us."
WAIT = "There have been too many tries. Wait an hour, then try again, or call us."
CHOICES = ("accept", "stay", "call")


@public("patients have no account: they prove who they are here")
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Code and date of birth. Whatever is wrong, the answer is the same."""
    if request.method == "GET":
        return show(request, "start", errors={}, typed={})
    names = ("code", "day", "month", "year")
    typed = {name: request.POST.get(name, "")[:40].replace("\x00", "").strip() for name in names}
    errors: dict[str, str] = {}
    born = _date(typed)
    if not codes.typed(typed["code"]):
        errors["code"] = "Write the code from your letter"
    if born is None:
        errors["day"] = "Write your date of birth, for example 31 3 1950"
    if errors or born is None:
        return show(request, "start", errors=errors, typed=typed, status=400)
    found = codes.open_with(code=typed["code"], birth_date=born, address=address_of(request))
    if isinstance(found, codes.NotOpened):
        words, status = (WAIT, 429) if found.wait else (WRONG, 400)
        return show(request, "start", errors={"code": words}, typed={**typed, "code": ""}, status=status)
    my_session.begin(request, found)
    return redirect("my:offer" if found.offer_id else "my:move")


def _date(typed: dict[str, str]) -> date | None:
    parts = [typed["year"], typed["month"], typed["day"]]
    if not all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts):
        return None
    try:
        return date(*map(int, parts))
    except ValueError:
        return None


@public("what data is used is for everybody to read")
@require_GET
def data(request: HttpRequest) -> HttpResponse:
    """What we use, and who sees it."""
    return show(request, "data", opened=my_session.opened_code(request) is not None)


@public("patients have no account: this closes their pages")
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Close the pages."""
    my_session.end(request)
    return show(request, "left")


def _told(offer: Offer) -> dict[str, Any]:
    """What the pages say of an offer: no name, no number, nothing about the body."""
    names, today = context.names(), snapshots.today()
    return {
        "offer": offer,
        "state": rules.standing(offer, today),
        "State": State,
        "place": plain.place(offer.to_site, names),
        "home": home_of(offer, names),
        "care": "operation" if offer.capacity_key.startswith("theatre") else "appointment",
        "function": plain.function(offer.treatment_function, names),
        "far": f"About {presenters.far(offer)} from your home" if offer.miles is not None else "",
        "weekday": f"{offer.treat_on:%A}" if offer.treat_on else "",
        "passed": offer.treat_on is None or offer.treat_on <= today,
        "care_words": presenters.care(offer),
    }


def home_of(offer: Offer, names: Names) -> str:
    """The hospital where the patient waits: its trust where no site is recorded."""
    if offer.from_site:
        return plain.place(offer.from_site, names)
    return names.organisation(offer.from_organisation)


@mine("offer")
@require_GET
def offer(request: HttpRequest, code: AnswerCode) -> HttpResponse:
    """Where, when, how far, and what happens if I say no."""
    found = _of(code)
    if rules.standing(found, snapshots.today()) not in (State.OFFERED, State.NO_ANSWER):
        return redirect("my:done")
    return show(request, "offer", **_told(found))


@mine("offer")
@require_http_methods(["GET", "POST"])
def choose(request: HttpRequest, code: AnswerCode) -> HttpResponse:
    """Yes, stay, or call me."""
    found, chosen = _of(code), request.POST.get("answer", "")
    if request.method == "POST" and chosen in CHOICES:
        my_session.say(request, answer=chosen)
        return redirect("my:confirm")
    errors = {"answer": "Choose one of the three answers"} if request.method == "POST" else {}
    before = my_session.said(request).get("answer", "")
    return show(request, "choose", errors=errors, chosen=before, status=400 if errors else 200, **_told(found))


@mine("offer")
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest, code: AnswerCode) -> HttpResponse:
    """Ask once more, then record it."""
    found, chosen = _of(code), my_session.said(request).get("answer", "")
    if chosen not in CHOICES:
        return redirect("my:choose")
    if request.method == "GET":
        return show(request, "confirm", chosen=chosen, **_told(found))
    actor = Actor(patient_of=f"offer {found.pk}")
    try:
        if chosen == "accept":
            answers.accept(actor=actor, offer_id=found.pk, through=Method.ONLINE)
        elif chosen == "stay":
            answers.decline(actor=actor, offer_id=found.pk, through=Method.ONLINE)
        else:
            answers.ask_call(actor=actor, offer_id=found.pk, through=Method.ONLINE)
    except UserError:  # it was answered or taken back meanwhile: the next page says how it stands
        return redirect("my:done")
    my_session.say(request, answer="")
    return redirect("my:done")


@mine("offer")
@require_GET
def done(request: HttpRequest, code: AnswerCode) -> HttpResponse:
    """What was answered, and what happens next."""
    found = _of(code)
    last = found.decisions.order_by("-sequence").first()
    told = _told(found)
    gone = last is not None and last.kind == Kind.TOO_LATE
    if told["state"] in (State.OFFERED, State.NO_ANSWER) and not found.call_wanted:
        return redirect("my:offer")
    return show(request, "done", gone=gone, **told)


def _of(code: AnswerCode) -> Offer:
    if code.offer is None:
        raise ValueError("this code is for an invitation")
    return code.offer
