"""The history of levels: one reading an hour and one at each change of a site, added only, with why it changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

from django.db import DatabaseError, IntegrityError, transaction

from wherry.flow.escalation.score import Line, Score
from wherry.web.emergency.levels import Levels, SiteLevel
from wherry.web.emergency.models import LevelReading

#: A process looks at whether a reading is due no more often than this.
_EVERY_SECONDS = 10.0
_lock = threading.Lock()
_looked = {"at": float("-inf")}


def lines_of(score: Score) -> list[dict[str, Any]]:
    """A score's breakdown as JSON."""
    return [
        {
            "code": line.parameter.code,
            "words": line.parameter.words,
            "unit": line.parameter.unit,
            "value": None if line.given.value is None else round(line.given.value, 3),
            "points": line.points,
            "most": line.parameter.most,
            "as_at": line.given.as_at.isoformat() if line.given.as_at else None,
            "source": line.given.source,
            "quality": line.given.quality,
        }
        for line in score.lines
    ]


def keep(levels: Levels) -> list[LevelReading]:
    """Keep what is due: where this hour has no reading yet, and where the level is not what the last reading says."""
    made = []
    hour = levels.now.astimezone(UTC).strftime("%Y-%m-%dT%H")
    newest: dict[str, LevelReading] = {}
    for site in levels.sites:
        found = LevelReading.objects.filter(site=site.place.site, at__lte=levels.now).order_by("-at", "-pk").first()
        if found is not None:
            newest[site.place.site] = found
    for site in levels.sites:
        before = newest.get(site.place.site)
        level = site.score.level
        if before is None or before.at.astimezone(UTC).strftime("%Y-%m-%dT%H") != hour:
            slot = hour
        elif (before.level_low, before.level_high, before.version_key) != (level.low, level.high, levels.table.key):
            slot = levels.now.astimezone(UTC).isoformat(timespec="seconds")
        else:
            continue
        reading = _add(levels, site, slot, before)
        if reading is not None:
            made.append(reading)
    return made


def keep_quietly(levels: Levels) -> None:
    """The same beside showing a page: not more often than every few seconds, and never in the page's way."""
    with _lock:
        if time.monotonic() - _looked["at"] < _EVERY_SECONDS:
            return
        _looked["at"] = time.monotonic()
    try:
        keep(levels)
    except DatabaseError:
        return  # the database is busy: the next look keeps it


def _add(levels: Levels, site: SiteLevel, slot: str, before: LevelReading | None) -> LevelReading | None:
    score = site.score
    try:
        with transaction.atomic():
            return LevelReading.objects.create(
                site=site.place.site,
                organisation=site.place.organisation,
                slot=slot,
                at=levels.now,
                version_key=levels.table.key,
                score_low=score.low,
                score_high=score.high,
                level_low=score.level.low,
                level_high=score.level.high,
                lines=lines_of(score),
                why="" if before is None else why(before.lines, before.version_key, score.lines, levels.table.key),
            )
    except IntegrityError:  # another process kept it a moment ago
        return None


def why(before: Sequence[Mapping[str, Any]], old_key: str, now: Sequence[Line], new_key: str) -> str:
    """What changed the points between two readings, in a sentence; empty where nothing did."""
    parts = [f"the table {new_key} took the place of {old_key}"] if old_key != new_key else []
    held = {line["code"]: line for line in before}
    for line in now:
        was = held.get(line.parameter.code)
        if was is not None and was["points"] != line.points:
            then = _said(was["value"], was["unit"], was["points"])
            parts.append(
                f"{line.parameter.words}: {then} → {_said(line.given.value, line.parameter.unit, line.points)}"
            )
    return "; ".join(parts)


def _said(value: float | None, unit: str, points: int | None) -> str:
    if value is None or points is None:
        return "missing"
    amount = f"{value:.1f}%" if unit == "percent" else f"{value:.0f} min"
    return f"{amount} ({points} {'point' if points == 1 else 'points'})"
