"""A patient's own pages about health: the questionnaire, one topic a page, saved as they go; and asking to be seen."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wherry.waiting import follow_ups as rules_of
from wherry.waiting import questionnaire as questionnaires
from wherry.web import snapshot as snapshots
from wherry.web.access import public
from wherry.web.access.signing_in import address_of
from wherry.web.offers import codes as shared
from wherry.web.offers.acts import Actor
from wherry.web.offers.my_session import show
from wherry.web.offers.my_views import WAIT, WRONG
from wherry.web.waiting import forms
from wherry.web.well import codes, follow_frame, follow_services, form_selectors, form_services, patient_session
from wherry.web.well.acts import ChangedMeanwhile, Refused
from wherry.web.well.follow_selectors import subject
from wherry.web.well.models import HealthCode, HealthForm, SeeRequest
from wherry.web.well.patient_session import mine


@public("patients have no account: they prove who they are here")
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Code and date of birth. Whatever is wrong, the answer is the same."""
    if request.method == "GET":
        return show(request, "health_start", errors={}, typed={})
    names = ("code", "day", "month", "year")
    typed = {name: request.POST.get(name, "")[:40].replace("\x00", "").strip() for name in names}
    born = forms.day(f"{typed['day']}/{typed['month']}/{typed['year']}") if len(typed["year"]) == 4 else None
    errors: dict[str, str] = {}
    if not shared.typed(typed["code"]):
        errors["code"] = "Write the code from your letter"
    if born is None:
        errors["day"] = "Write your date of birth, for example 31 3 1950"
    if errors or born is None:
        return show(request, "health_start", errors=errors, typed=typed, status=400)
    found = codes.open_with(code=typed["code"], birth_date=born, address=address_of(request))
    if isinstance(found, shared.NotOpened):
        words, status = (WAIT, 429) if found.wait else (WRONG, 400)
        return show(request, "health_start", errors={"code": words}, typed={**typed, "code": ""}, status=status)
    patient_session.begin(request, found)
    return redirect("my_health:topics" if found.form_id else "my_health:follow_up")


@public("patients have no account: this closes their pages")
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Close the pages. Answers that were saved stay."""
    patient_session.end(request)
    return show(request, "health_left")


def _of(code: HealthCode) -> HealthForm:
    if code.form is None:
        raise Http404("this code is for a follow-up")
    return code.form


def _told(form: HealthForm) -> dict[str, Any]:
    version = questionnaires.named(form.questionnaire)
    topics = form_selectors.topics(version, form.answers)
    return {
        "form": form,
        "asked_version": version,
        "topics": topics,
        "topic_url": lambda name: reverse("my_health:topic", args=[name]),
        "complete": not any(topic.missing for topic in topics),
        "next_topic": next((topic for topic in topics if topic.missing), None),
    }


@mine("form")
@require_GET
def topics(request: HttpRequest, code: HealthCode) -> HttpResponse:
    """What is asked, what is answered, and where to go on."""
    form = _of(code)
    if not form.is_open:
        return redirect("my_health:done")
    return show(request, "health_topics", **_told(form))


@mine("form")
@require_http_methods(["GET", "POST"])
def topic(request: HttpRequest, code: HealthCode, name: str) -> HttpResponse:
    """One topic. Answers are saved when the page is sent, whatever is still missing."""
    form = _of(code)
    if not form.is_open:
        return redirect("my_health:done")
    version = questionnaires.named(form.questionnaire)
    if name not in {t.code for t in version.topics}:
        raise Http404(name)
    errors: dict[str, str] = {}
    answers = dict(form.answers)
    if request.method == "POST":
        sent = form_selectors.read_answers(version, name, request.POST)
        seen = forms.whole(request.POST.get("version", ""))
        try:
            form, errors = form_services.save(
                actor=Actor(patient_of=f"questionnaire {form.pk}"),
                form_id=form.pk,
                topic=name,
                answers=sent,
                expected_version=-1 if seen is None else seen,
            )
        except ChangedMeanwhile:
            return redirect("my_health:topics")
        more = form_selectors.newly_asked(version, name, sent, form.answers)
        if not errors and request.POST.get("go") == "later":
            return redirect("my_health:topics")
        if not errors and not more:
            onward = form_selectors.after(version, name)
            return redirect("my_health:topic", onward) if onward else redirect("my_health:check")
        answers = {**form.answers, **sent}
    told = {
        "topic": next(t for t in version.topics if t.code == name),
        "questions": form_selectors.shown_questions(version, name, answers),
        "answers": answers,
        "errors": errors,
        "at": [t.code for t in version.topics].index(name) + 1,
        "of": len(version.topics),
        "form": form,
    }
    return show(request, "health_topic", status=400 if errors else 200, **told)


@mine("form")
@require_http_methods(["GET", "POST"])
def check(request: HttpRequest, code: HealthCode) -> HttpResponse:
    """Every answer once more, then send."""
    form = _of(code)
    if not form.is_open:
        return redirect("my_health:done")
    told = _told(form)
    told["said"] = form_selectors.said(told["asked_version"], form.answers)
    if request.method == "GET":
        return show(request, "health_check", **told)
    try:
        form_services.submit(
            actor=Actor(patient_of=f"questionnaire {form.pk}"),
            form_id=form.pk,
            expected_version=forms.whole(request.POST.get("version", "")) or 0,
            today=snapshots.today(),
        )
    except Refused:
        return show(request, "health_check", status=400, **told)
    except ChangedMeanwhile:
        return redirect("my_health:check")
    return redirect("my_health:done")


@mine("form")
@require_GET
def done(request: HttpRequest, code: HealthCode) -> HttpResponse:
    """Thank you, and what happens next. A result is for a clinician to tell."""
    form = _of(code)
    if form.is_open:
        return redirect("my_health:topics")
    return show(request, "health_done", form=form)


@mine("follow_up")
@require_http_methods(["GET", "POST"])
def follow_up(request: HttpRequest, code: HealthCode) -> HttpResponse:
    """Ask to be seen, or read what was asked before."""
    today = snapshots.today()
    rules = rules_of.on(today)
    care = snapshots.current("care")
    frame = follow_frame.frame_of(care, today) if care is not None else None
    number = frame.find(code.follow_up_key) if frame is not None else None
    if frame is None or number is None:
        return show(request, "health_closed", status=403)
    row = frame.take(follow_frame.one(number))[0]
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            follow_services.ask(
                actor=Actor(patient_of=f"follow_up {code.follow_up_key}"),
                follow_up=subject(row),
                urgency=request.POST.get("urgency", ""),
                text=request.POST.get("words", ""),
                today=today,
            )
        except Refused as refused:
            errors = refused.errors
        else:
            return redirect("my_health:follow_up")
    asked = list(SeeRequest.objects.filter(follow_up_key=code.follow_up_key, answer="").order_by("-id"))
    return show(
        request,
        "health_follow_up",
        status=400 if errors else 200,
        errors=errors,
        rules=rules,
        asked=asked,
        closes=code.expires_on,
        chosen=request.POST.get("urgency", ""),
        words=request.POST.get("words", ""),
    )
