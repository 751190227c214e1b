"""What a form of a patient's page asks for, as calls of services: one act a form, by its name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.http import QueryDict

from wherry.flow.virtual.rules import rules
from wherry.web.access.access import Access
from wherry.web.virtual import leave_services, stay_services, taking, watch
from wherry.web.waiting.forms import day, whole

LONDON = ZoneInfo("Europe/London")


def acts(access: Access, pk: int, post: QueryDict, errors: dict[str, str]) -> dict[str, Callable[[], Any]]:
    """Every act that a form may ask for. What cannot be read of the form is put into `errors` when the act is done."""
    given: dict[str, Any] = {"access": access, "stay_id": pk}
    versioned: dict[str, Any] = {**given, "version": whole(post.get("version", "")) or 0}
    text, reason = post.get("text", ""), post.get("reason", "")
    return {
        "answer": lambda: watch.answer(
            alert_ids=[found for one in post.getlist("alert") if (found := whole(one)) is not None], text=text, **given
        ),
        "reopen": lambda: watch.reopen(alert_id=whole(post.get("alert", "")) or 0, reason=reason, **given),
        "review": lambda: stay_services.review(text=text, **versioned),
        "review_undo": lambda: stay_services.undo_review(reason=reason, **versioned),
        "onboard": lambda: stay_services.onboard(
            item=post.get("item", ""), done=post.get("done") == "yes", **versioned
        ),
        "plan": lambda: stay_services.plan(
            text=text,
            times=[one for one in post.get("times", "").replace(",", " ").split() if one],
            clinician_id=whole(post.get("clinician", "")),
            expected_end_on=_date(post, "expected_end_on", errors),
            **versioned,
        ),
        "scale": lambda: stay_services.set_scale(scale=whole(post.get("scale", "")) or 0, reason=reason, **versioned),
        "limit": lambda: stay_services.set_limit(
            kind=post.get("kind", ""),
            lower=_number(post, "lower", errors),
            upper=_number(post, "upper", errors),
            rise=_number(post, "rise", errors),
            rise_days=whole(post.get("rise_days", "")),
            reason=reason,
            **versioned,
        ),
        "limit_end": lambda: stay_services.end_limit(kind=post.get("kind", ""), reason=reason, **versioned),
        "device": lambda: stay_services.give_device(
            number=post.get("number", ""), description=post.get("description", ""), **versioned
        ),
        "device_back": lambda: stay_services.device_back(number=post.get("number", ""), **versioned),
        "note": lambda: stay_services.note(text=text, **versioned),
        "readings": lambda: taking.enter(
            values={kind: post.get(f"v-{kind}", "") for kind in rules().vitals},
            taken_at=_moment(post),
            token=post.get("token", "") or uuid4().hex,
            **given,
        ),
        "bed": lambda: leave_services.ask_for_bed(
            organisation=post.get("organisation", ""), level=post.get("level", ""), reason=reason, **versioned
        ),
        "bed_end": lambda: leave_services.end_bed_request(
            arranged=post.get("how") == "arranged", why=post.get("why", ""), **given
        ),
        "end": lambda: leave_services.end(
            outcome=post.get("outcome", ""),
            to_whom=post.get("to_whom", ""),
            follow_up=post.get("follow_up", ""),
            plan=post.get("plan", ""),
            sure=post.get("sure") == "yes",
            **versioned,
        ),
        "back": lambda: leave_services.back_on_ward(reason=reason, **versioned),
        "readmitted": lambda: leave_services.link_readmission(visit_key=post.get("visit", ""), **versioned),
    }


def _date(post: QueryDict, name: str, errors: dict[str, str]) -> date | None:
    text = post.get(name, "").strip()
    found = day(text)
    if text and found is None:
        errors[name] = "Write the date as 3/4/2026"
    return found


def _number(post: QueryDict, name: str, errors: dict[str, str]) -> float | None:
    text = post.get(name, "").strip().replace(",", ".")
    try:
        return float(text) if text else None
    except ValueError:
        errors[name] = f"“{text[:20]}” is no number"
        return None


def _moment(post: QueryDict) -> datetime | None:
    """When readings were taken: a day and a time of the day in London."""
    on = day(post.get("on", ""))
    try:
        at = datetime.strptime(post.get("at", "").strip(), "%H:%M").time()  # noqa: DTZ007 - the zone is joined below
    except ValueError:
        return None
    return datetime.combine(on, at, LONDON) if on else None
