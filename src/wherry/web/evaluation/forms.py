"""What the form of an evaluation sends, read into a question. What cannot be read is an error by its field."""

from __future__ import annotations

import math
import re
from typing import Any

from django.http import QueryDict

from wherry.web.evaluation.models import Evaluation
from wherry.web.evaluation.question import Question
from wherry.web.waiting.forms import day

_DATES = ("starts_on", "baseline_from", "baseline_to")
REASON_AT_MOST = 200
_CODE = re.compile(r"[A-Za-z0-9]{2,12}")


def read(post: QueryDict) -> tuple[Question, dict[str, str]]:
    """The question, and an error for each field that cannot be read."""
    errors: dict[str, str] = {}
    dates = {}
    for name in _DATES:
        text = post.get(name, "").strip()
        dates[name] = day(text) if text else None
        if text and dates[name] is None:
            errors[name] = f"“{text[:30]}” is not a date: write it as 3/4/2026"
    expected = amount(post.get("expected", ""), "expected", errors)
    transition = _whole(post.get("transition", ""), "transition", errors, 24)
    asked: dict[str, object] = {}
    if transition:
        asked["transition"] = transition
    if post.get("shifted") == "yes":
        asked["shifted"] = True
    excluded = _excluded(post.get("excluded", ""), errors)
    picked = tuple(dict.fromkeys(one.upper() for one in _CODE.findall(post.get("picked", ""))))
    return (
        Question(
            title=_text(post, "title"),
            what=_text(post, "what"),
            tried_by=_text(post, "tried_by"),
            measure=_text(post, "measure"),
            scope=_text(post, "scope"),
            method=_text(post, "method"),
            direction=_text(post, "direction"),
            expected=expected,
            pool=_text(post, "pool"),
            picked=picked,
            excluded=excluded,
            balance=tuple(dict.fromkeys(_clean(one) for one in post.getlist("balance") if one.strip())),
            asked=asked,
            **dates,
        ),
        errors,
    )


def typed(post: QueryDict) -> dict[str, Any]:
    """What was typed, for the form to show again."""
    return {**{name: post.get(name, "") for name in post}, "balance": post.getlist("balance")}


def shown(row: Evaluation | None) -> dict[str, Any]:
    """What the form shows of one that was kept; nothing for a new one."""
    if row is None:
        return {"balance": []}
    dates = {name: f"{(on := getattr(row, name)).day}/{on.month}/{on.year}" for name in _DATES}
    return {
        **{name: getattr(row, name) for name in ("title", "what", "tried_by", "measure", "scope", "method", "pool")},
        **dates,
        "direction": row.direction,
        "expected": "" if row.expected is None else f"{row.expected:g}",
        "picked": ", ".join(row.picked),
        "excluded": "\n".join(f"{code}: {reason}" for code, reason in row.excluded.items()),
        "balance": row.balance,
        "transition": row.asked.get("transition", ""),
        "shifted": "yes" if row.asked.get("shifted") else "",
    }


def amount(text: str, name: str, errors: dict[str, str]) -> float | None:
    """A figure as people type it, or None where none was.

    >>> errors = {}
    >>> amount("1,250.5", "x", errors), amount("", "x", errors), amount("lots", "x", errors), list(errors)
    (1250.5, None, None, ['x'])
    """
    text = text.replace(",", "").replace("£", "").strip()
    if not text:
        return None
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found) or abs(found) >= 1e12:
        errors[name] = f"“{text[:30]}” is not a number"
        return None
    return found


def _whole(text: str, name: str, errors: dict[str, str], most: int) -> int:
    found = amount(text, name, errors)
    if found is None:
        return 0
    if found != int(found) or not 0 <= found <= most:
        errors[name] = f"Write a whole number up to {most}"
        return 0
    return int(found)


def _excluded(text: str, errors: dict[str, str]) -> dict[str, str]:
    found = {}
    for line in _clean(text).splitlines():
        code, colon, reason = line.partition(":")
        if not line.strip():
            continue
        if not colon or not reason.strip() or not _CODE.fullmatch(code.strip()):
            errors["excluded"] = (
                "Write one trust a line, its code, a colon and the reason: RXX: opened a new department"
            )
            continue
        if len(reason.strip()) > REASON_AT_MOST:
            errors["excluded"] = f"{code.strip()}: say why in at most {REASON_AT_MOST} characters"
        found[code.strip().upper()] = reason.strip()
    return found


def _text(post: QueryDict, name: str) -> str:
    return _clean(post.get(name, "")).strip()


def _clean(text: str) -> str:
    return text.replace("\x00", "").replace("\r\n", "\n")
