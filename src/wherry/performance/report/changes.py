"""What is not as it was in the edition before: judgements, exceptions, figures revised since, data come or gone."""

from __future__ import annotations

from wherry.performance.report import words
from wherry.performance.report.model import Change, Report, Row


def between(before: Report, now: Report) -> tuple[Change, ...]:
    """Changes from one edition to another, the most important first."""
    then = before.by_code
    exceptional = {one.code for one in before.exceptions}
    still = {one.code for one in now.exceptions}
    found: list[Change] = []
    for row in now.rows:
        old = then.get(row.code)
        if old is None:
            if row.has_data:
                found.append(Change("new", row.code, f"{row.name} is reported for the first time."))
            continue
        found += _row(old, row)
        if row.code in still - exceptional and row.has_data:
            found.append(Change("exception", row.code, f"{row.name} is a new exception."))
        if row.code in exceptional - still and row.has_data:
            found.append(Change("resolved", row.code, f"{row.name} is no longer an exception."))
    known = now.by_code
    for row in before.rows:
        if row.code not in known and row.has_data:
            found.append(Change("dropped", row.code, f"{row.name} is not measured any more."))
    return tuple(sorted(found, key=lambda one: _ORDER.index(one.kind)))


_ORDER = ("exception", "resolved", "assurance", "variation", "lost", "come", "revised", "new", "dropped")


def _row(old: Row, row: Row) -> list[Change]:
    if old.has_data and not row.has_data:
        return [Change("lost", row.code, f"{row.name} has no figures any more.")]
    if not old.has_data:
        return [Change("come", row.code, f"{row.name} has figures now.")] if row.has_data else []
    found = []
    if old.assurance != row.assurance:
        was, now = words.ASSURANCES[old.assurance].lower(), words.ASSURANCES[row.assurance].lower()
        found.append(Change("assurance", row.code, f"{row.name}: {now}; it was: {was}."))
    if old.variation != row.variation:
        was, now = words.VARIATIONS[old.variation].lower(), words.VARIATIONS[row.variation].lower()
        found.append(Change("variation", row.code, f"{row.name}: {now}; it was: {was}."))
    found += _revised(old, row)
    return found


def _revised(old: Row, row: Row) -> list[Change]:
    """The figure that was sent, where its period's figure is another now."""
    now = next((point for point in row.points if point.period == old.period), None)
    if now is None or now.words == old.words:
        return []
    words_ = f"{row.name}: {old.period_words} was sent as {old.words} and is {now.words} now."
    return [Change("revised", row.code, words_)]
