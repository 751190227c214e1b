"""Pages that refresh themselves: whole the first time, and for `?version=` either nothing (204) or the changed part.

A view calls `show`. The part that changes is a template of its own, rendered without the request, so that it can be
kept: whoever has the same `scope` (place and right to see names) gets the same text, made at most twice a second in a
process however many people look. What it says must therefore depend on nothing but its scope. Forms in it would need a
person's own token: link to a page, or use `<button form="...">` with a form that stands outside of it.

The script is `static/wherry/live.js`; without it the page has a link and reloads every half minute. A poll is no sign
that somebody is there: it does not put off the end of an idle session.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from wherry.web.access import audit
from wherry.web.access.access import Access
from wherry.web.access.http import Request
from wherry.web.access.models import AuditEvent

#: A part that is younger than this is sent again, whatever has changed since: with one poll a second, a change still
#: shows within two seconds, and a burst of messages does not make the same page a hundred times.
YOUNG_SECONDS = 0.5
#: On a busy machine it may be as many times older as it took to make, up to a second: pages slow down before they stop.
YOUNG_TIMES, YOUNG_AT_MOST = 6.0, 1.0
#: A part is made again this often even if nothing changed, for its clocks go on.
TICK_SECONDS = 60
#: Whom a person was shown on a page that refreshes itself is written down again after this long.
SHOWN_AGAIN_AFTER = timedelta(minutes=30)
_KEPT_AT_MOST = 500


@dataclass(frozen=True)
class Part:
    """The changing part of a page as it was made. `shown` are the subjects (visits, calls) that it names."""

    version: str
    html: SafeString
    shown: frozenset[str]
    as_at: datetime
    made: float
    took: float = 0.0
    look: Any = None

    @property
    def young(self) -> bool:
        """Whether it may be sent again whatever has changed since."""
        return time.monotonic() - self.made < min(YOUNG_AT_MOST, max(YOUNG_SECONDS, YOUNG_TIMES * self.took))


@dataclass(frozen=True)
class Live:
    """What the page's template needs: the address to poll and the part itself."""

    url: str
    refresh_url: str
    part: Part


class _Kept:
    """Parts by scope, the least lately used thrown away first; one thread makes a part while others wait for it."""

    def __init__(self) -> None:
        self._parts: OrderedDict[Hashable, Part] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(
        self,
        key: Hashable,
        version: Callable[[], str],
        make: Callable[[str], Part],
        renew: Callable[[Part], Part | None],
        seen: str | None,
    ) -> Part:
        """The part, made again if it is old and something changed. Nobody who has `seen` a newer one gets an older.

        Without `seen` it is a whole page that somebody asked for, perhaps to see what they just did: never an old part.
        """
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            part = self._parts.get(key)
            if part is not None and seen is not None and part.young and _order(seen) <= _order(part.version):
                return part
            now = version()
            if part is None or part.version != now:
                part = (renew(part) if part is not None else None) or make(now)
            with self._lock:
                self._parts[key] = part
                self._parts.move_to_end(key)
                while len(self._parts) > _KEPT_AT_MOST:
                    old, _ = self._parts.popitem(last=False)
                    self._making.pop(old, None)
        return part

    def forget(self) -> None:
        with self._lock:
            self._parts.clear()
            self._making.clear()


def _order(version: str) -> tuple[int, int]:
    """Which of two versions is newer; of what is no version, nothing is older.

    >>> _order("9-200") < _order("10-100"), _order("10-100") < _order("10-101"), _order("x")
    (True, True, (-1, -1))
    """
    number, _, minute = version.partition("-")
    whole = len(version) < 40 and number.isdecimal() and minute.isdecimal()
    return (int(number), int(minute)) if whole else (-1, -1)


_kept = _Kept()


def forget() -> None:
    """Throw away every kept part, and who was shown what: for tests, and for measuring what a page costs without."""
    _kept.forget()
    with _told_lock:
        _told.clear()


def show(
    request: Request,
    *,
    page: str,
    part: str,
    scope: Hashable,
    context: Callable[[], Mapping[str, Any]],
    look: Callable[[], tuple[Any, float]] | None = None,
    organisations: Iterable[str] | None = None,
    around: Callable[[], Mapping[str, Any]] | None = None,
    audited: tuple[str, str, str, str] | None = None,
) -> HttpResponse:
    """Answer a live page.

    `page` is a template that extends `components/live.jinja`, `part` the one of the changing part, `context` what the
    part needs (called only when it must be made again) and `around` what the rest of the page needs. `organisations`
    are those whose changes matter, all by default. `audited` is (action, subject kind, subject key, organisation) of
    the audit line for showing people. `context` may have entries that are not for the template: `shown`, the keys of
    whom the part names; and where it was made from something kept, `changes` and `made`, the number of changes and the
    `time.monotonic` at which that was read, for the part is no newer. `look`, where it is given, says what the part is
    made from and when that was read: while it is equal the part is kept whatever else changed at the organisations.
    """
    wanted = None if organisations is None else tuple(sorted(set(organisations)))
    key, seen = (part, scope, wanted), request.GET.get("version")

    def make(number: str) -> Part:
        return _make(part, context, look, wanted, number)

    made = _kept.get(key, lambda: version(wanted), make, lambda old: _renew(old, look, wanted), seen)
    if seen == made.version or (seen and _order(made.version) < _order(seen) <= _order(version(wanted))):
        return HttpResponse(status=204)  # they have it, or another process gave them a newer one
    if audited is not None and made.shown:
        log_shown(request.access, *audited, keys=made.shown)
    if "version" in request.GET:
        return HttpResponse(made.html, headers={"X-Wherry-Version": made.version})
    query = request.GET.copy()
    query.pop("refreshed", None)
    again = query.copy()
    again["refreshed"] = "1"
    url = request.path + (f"?{query.urlencode()}" if query else "")
    live = Live(url, f"{request.path}?{again.urlencode()}", made)
    return render(request, page, {**(around() if around is not None else {}), "live": live})


def version(organisations: Iterable[str] | None = None) -> str:
    """What a page was made of: the number of changes, and the minute, for its clocks go on."""
    from wherry.web.feed import changes, clock

    return f"{changes.version(organisations)}-{int(clock.now().timestamp() // TICK_SECONDS)}"


def _make(
    part: str,
    context: Callable[[], Mapping[str, Any]],
    look: Callable[[], tuple[Any, float]] | None,
    organisations: Iterable[str] | None,
    number: str,
) -> Part:
    from wherry.web.feed import clock, lateness

    began = time.monotonic()
    at = clock.now()
    late = lateness.sentences(organisations)
    seen = (look()[0], late) if look is not None else None
    values = dict(context())
    shown = frozenset(values.pop("shown", ()))
    read = values.pop("changes", None)
    version = number if read is None else f"{read}-{number.partition('-')[2]}"
    made = float(values.pop("made", began))
    html = render_to_string(part, {"as_at": at, "late": late, **values})
    return Part(version, SafeString(html), shown, at, made, time.monotonic() - began, seen)


def _renew(
    part: Part, look: Callable[[], tuple[Any, float]] | None, organisations: Iterable[str] | None
) -> Part | None:
    """The same part, known to be true still; None if what it shows has changed, or nobody can say without making it."""
    from wherry.web.feed import lateness

    if look is None:
        return None
    seen, made = look()
    return replace(part, made=made) if (seen, lateness.sentences(organisations)) == part.look else None


_told: dict[tuple[str, str, str, str], tuple[float, frozenset[str]]] = {}
_told_lock = threading.Lock()


def log_shown(access: Access, action: str, kind: str, subject: str, organisation: str, *, keys: Iterable[str]) -> None:
    """Write an audit line with those of `keys` whom this person has not been shown here in the last half hour."""
    user = access.user
    if user is None:
        raise audit.AnonymousActor(f"{action} on {kind} {subject}: a look needs a signed-in person")
    wanted = frozenset(keys)
    mine = (user.username, action, kind, subject)
    with _told_lock:
        until, known = _told.get(mine, (0.0, frozenset()))
    if time.monotonic() < until and wanted <= known:
        return
    since = datetime.now(UTC) - SHOWN_AGAIN_AFTER
    lines = AuditEvent.objects.filter(
        actor=user.username, action=action, subject_kind=kind, subject_key=subject[:200], at__gte=since
    )
    rows = list(lines.values_list("at", "detail"))
    written = frozenset().union(*(_keys_of(detail) for _, detail in rows))
    fresh = wanted - written
    if fresh:
        audit.record(
            access=access,
            action=action,
            subject_kind=kind,
            subject_key=subject,
            organisation=organisation,
            detail={"shown": sorted(fresh)},
        )
    oldest = min((at for at, _ in rows), default=datetime.now(UTC))
    left = (oldest - since).total_seconds()
    with _told_lock:
        if len(_told) > 10_000:
            _told.clear()
        _told[mine] = (time.monotonic() + left, written | fresh)


def _keys_of(detail: str) -> frozenset[str]:
    import json

    return frozenset(json.loads(detail).get("shown", ()))
