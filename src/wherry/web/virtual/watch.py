"""Alerts as they are kept: what readings, limits and plans add up to, looked at again after all that changes it.

`look` writes what `flow.virtual.alerts` says; `sweep` does it for a provider whose clock went on: sets that were not
sent, and alerts that nobody answered, which go to the next person on the rota.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from wherry.flow.virtual import alerts as rule
from wherry.flow.virtual import news2
from wherry.flow.virtual.episodes import Episode, Scale, Watched, episodes, scale_at
from wherry.flow.virtual.limits import Limit
from wherry.flow.virtual.readings import Reading as Value
from wherry.flow.virtual.readings import holding, sets
from wherry.flow.virtual.rules import rules
from wherry.flow.virtual.schedule import Plan, asked, moments
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.feed import changes, clock
from wherry.web.virtual.common import Refused, may, needed, plain, refuse, told
from wherry.web.virtual.models import Alert, AlertAct, Duty, Reading, ReadingState, StayState, Swept, WardStay

#: A provider is swept at most so often (of the clock that live pages go by).
SWEEP_EVERY = timedelta(seconds=30)
#: So many of the latest early-warning scores are kept with the stay, for the board.
SCORES_KEPT = 12


def watched(stay: WardStay) -> Watched:
    """All that the rules need to know of a stay."""
    return Watched(
        readings=tuple(values(stay)),
        limits=tuple(
            Limit(each.kind, each.from_at, each.to_at, each.lower, each.upper, each.rise, each.rise_days)
            for each in stay.limits.all()
        ),
        plans=tuple(
            Plan(each.from_at, each.to_at, tuple(each.times), tuple(each.kinds)) for each in stay.askings.all()
        ),
        scales=tuple(Scale(each.from_at, each.scale) for each in stay.scales.all()),
    )


def values(stay: WardStay) -> list[Value]:
    """The readings of a stay that may be used, as the rules take them."""
    rows = Reading.objects.filter(stay=stay, state=ReadingState.USED).exclude(taken_at=None)
    return [
        Value(each.source_key, each.kind, each.taken_at, each.recorded_at, each.value, each.answer, each.withdrawn)
        for each in rows.order_by("taken_at", "pk")
        if each.taken_at is not None
    ]


def look(stay: WardStay, now: datetime) -> int:
    """Bring the alerts of one stay up to date; gives how many were raised or raised again. Within a transaction.

    The stay must be locked, so that two who look at once raise one alert.
    """
    kept = {each.pk: each for each in stay.alerts.filter(merged_into=None)}
    facts = [rule.Kept(a.pk, a.cause, frozenset(a.keys), a.level, a.answered) for a in kept.values()]
    raised = 0
    until = min(now, stay.ended_at) if stay.ended_at else now
    known = watched(stay)
    found = episodes(known, until)
    _remember(stay, known, found, until)
    for match in rule.reconcile(facts, found):
        alert = kept[match.alert.id] if match.alert else None
        if match.episode is None:
            if alert is not None and alert.borne_out:
                alert.borne_out = False
                alert.save(update_fields=["borne_out"])
            continue
        if alert is None and stay.state != StayState.ON:
            continue
        raised += _write(stay, alert, match, now)
        for other in match.merged:
            _merge(kept[other.id], alert, now)
    return raised


def _remember(stay: WardStay, known: Watched, found: list[Episode], until: datetime) -> None:
    """Keep on the stay what the board shows: the latest scores, and what is wrong at this moment."""
    scores = []
    for each in sets(holding(known.readings))[-SCORES_KEPT * 3 :]:
        if each.kinds & set(news2.PARAMETERS):
            score = each.score(scale_at(known.scales, each.at))
            row = {"at": each.at.isoformat(), "least": score.at_least, "whole": not score.missing, "risk": score.risk}
            scores.append(row)
    ongoing = [
        {"cause": each.cause, "level": each.level, "words": each.words, "since": each.started_at.isoformat()}
        for each in found
        if each.ended_at is None
    ]
    askings = asked(known.plans, holding(known.readings), until)
    fresh = {
        "scores": scores[-SCORES_KEPT:],
        "ongoing": ongoing,
        "asked_sets": len(askings),
        "missed_sets": sum(1 for each in askings if each.missing),
        "look_due": False,
    }
    if any(getattr(stay, name) != value for name, value in fresh.items()):
        for name, value in fresh.items():
            setattr(stay, name, value)
        stay.save(update_fields=list(fresh))


def _write(stay: WardStay, alert: Alert | None, match: rule.Match, now: datetime) -> int:
    episode = match.episode
    if episode is None:
        return 0
    fields: dict[str, Any] = {
        "keys": sorted(episode.keys),
        "level": episode.level,
        "words": episode.words[:300],
        "started_at": episode.started_at,
        "ended_at": episode.ended_at,
        "borne_out": True,
    }
    if alert is not None and not match.opens:
        if alert.is_open and rules().rank(episode.level) > rules().rank(alert.level):
            due = rule.due_at(episode.level, now)
            if due < alert.due_at:  # more urgent before anybody answered: less time is left
                fields["due_at"] = due
                _act(alert, "raised", now, level=episode.level, due_at=due)
        if any(getattr(alert, name) != value for name, value in fields.items()):
            for name, value in fields.items():
                setattr(alert, name, value)
            alert.save()
        return 0
    fields |= {"opened_at": now, "due_at": rule.due_at(episode.level, now), "is_open": True, "passed_on": 0}
    if alert is None:
        alert = Alert.objects.create(stay=stay, cause=episode.cause, raised_at=now, **fields)
    else:
        for name, value in fields.items():
            setattr(alert, name, value)
        alert.save()
    _act(alert, "raised", now, level=episode.level, due_at=alert.due_at)
    return 1


def _merge(alert: Alert, into: Alert | None, now: datetime) -> None:
    if into is None:
        return
    alert.merged_into, alert.is_open = into, False
    alert.save(update_fields=["merged_into", "is_open"])
    _act(alert, "merged", now, text=f"About the same as alert {into.pk}")


def _act(alert: Alert, act: str, at: datetime, **more: Any) -> None:
    AlertAct.objects.create(alert=alert, act=act, at=at, level=more.pop("level", alert.level), **more)


def answer(*, access: Access, stay_id: int, alert_ids: list[int], text: str) -> list[Alert]:
    """Answer alerts of one patient together: a named person says what they did.

    `Refused` if somebody else answered one of them first: nothing is recorded, and it says who.
    """
    errors = needed(text, "text", "Say what you did")
    if not alert_ids:
        errors["alerts"] = "Choose the alerts that you answer"
    refuse(errors)
    with transaction.atomic():
        stay = WardStay.objects.select_for_update(of=("self",)).get(pk=stay_id)
        user = may(access, Permission.WORK_VIRTUAL, stay.provider)
        now = clock.now()
        found = list(stay.alerts.filter(pk__in=alert_ids, merged_into=None))
        if len(found) != len(set(alert_ids)):
            raise Refused({"alerts": "An alert that you chose is no longer there: look again"})
        for alert in found:
            if not alert.is_open:
                who = f"{alert.answered_by_name} answered it first: “{alert.answer_text[:200]}”"
                raise Refused({"alerts": f"{alert.words}: {who}. Nothing was recorded"})
            alert.is_open, alert.answered, alert.answered_at = False, alert.level, now
            alert.answered_by_name, alert.answer_text = user.display_name[:200], plain(text)
            alert.save()
            _act(alert, "answered", now, by=user, by_name=user.display_name[:200], text=plain(text))
        told(access, "alerts_answered", "virtual_stay", stay.pk, stay.provider, alerts=sorted(alert_ids))
    return found


def reopen(*, access: Access, stay_id: int, alert_id: int, reason: str) -> Alert:
    """Take an answer back: the alert is open again, and due as if it were new."""
    refuse(needed(reason, "reason", "Say why the answer is taken back"))
    with transaction.atomic():
        stay = WardStay.objects.select_for_update(of=("self",)).get(pk=stay_id)
        user = may(access, Permission.WORK_VIRTUAL, stay.provider)
        alert = stay.alerts.filter(pk=alert_id, merged_into=None, is_open=False).first()
        if alert is None:
            raise Refused({"alerts": "It is open already"})
        now = clock.now()
        alert.is_open, alert.answered, alert.answered_at, alert.passed_on = True, "", None, 0
        alert.answered_by_name, alert.answer_text = "", ""
        alert.opened_at, alert.due_at = now, rule.due_at(alert.level, now)
        alert.save()
        _act(alert, "reopened", now, due_at=alert.due_at, by=user, by_name=user.display_name[:200], text=plain(reason))
        told(access, "alert_reopened", "virtual_stay", stay.pk, stay.provider, alert=alert.pk)
    return alert


def rota(provider: str, now: datetime) -> list[Duty]:
    """Who answers now, in order."""
    on = Duty.objects.filter(provider=provider, from_at__lte=now).filter(Q(to_at=None) | Q(to_at__gt=now))
    return list(on.order_by("position", "-from_at", "pk"))


def sweep(providers: Iterable[str], now: datetime | None = None, *, at_once: bool = False) -> int:
    """See what the clock alone has brought about at these providers, if that was not just done.

    Only stays for which a time of grace has ended since the last sweep, or with an alert that is late, are looked at
    (`at_once`: all). Gives how many alerts were raised or passed on.
    """
    at = now or clock.now()
    changed = 0
    for provider in sorted(providers):
        since = _my_turn(provider, at)
        if since is None and not at_once:
            continue
        found = 0
        for pk in _to_look_at(provider, None if at_once else since, at):
            with transaction.atomic():
                stay = WardStay.objects.select_for_update(of=("self",)).get(pk=pk)
                if stay.state == StayState.ON:
                    found += look(stay, at) + _pass_on(stay, at)
        if found:
            with transaction.atomic():
                changes.touch([provider])
        changed += found
    return changed


def _to_look_at(provider: str, since: datetime | None, at: datetime) -> list[int]:
    on = WardStay.objects.filter(provider=provider, state=StayState.ON)
    if since is None:
        return list(on.values_list("pk", flat=True))
    grace = timedelta(minutes=rules().grace_minutes)
    due = {pk for pk, times in on.values_list("pk", "times") if moments(times, since - grace, at - grace)}
    due |= set(on.filter(look_due=True).values_list("pk", flat=True))
    late = on.filter(alerts__is_open=True, alerts__merged_into=None, alerts__due_at__lte=at)
    return sorted(due | set(late.values_list("pk", flat=True)))


def _my_turn(provider: str, at: datetime) -> datetime | None:
    """Since when this process is to sweep, None if another does: whoever moves the mark does."""
    long_ago = at - timedelta(days=1)
    mark, made = Swept.objects.get_or_create(provider=provider, defaults={"at": at})
    if made:
        return long_ago
    if mark.at <= at < mark.at + SWEEP_EVERY:
        return None
    if not Swept.objects.filter(provider=provider, at=mark.at).update(at=at):
        return None
    return max(mark.at, long_ago) if mark.at <= at else long_ago


def _pass_on(stay: WardStay, now: datetime) -> int:
    late = list(stay.alerts.filter(is_open=True, merged_into=None, due_at__lte=now))
    if not late:
        return 0
    people = rota(stay.provider, now)
    moved = 0
    for alert in late:
        steps = rule.passed_on(alert.due_at, now, len(people))
        if steps <= alert.passed_on:
            continue
        for step in range(alert.passed_on + 1, steps + 1):
            _act(alert, "passed_on", now, to_name=people[step].person_name, text="Not answered in time")
        alert.passed_on = steps
        alert.save(update_fields=["passed_on"])
        moved += 1
    return moved
