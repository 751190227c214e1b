"""The cancer list as a file: every row of a filter, with as-at date, filter and source said first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from wherry.waiting.cancer.rules import TimedPathways, concerns
from wherry.web.cancer import presenters
from wherry.web.cancer.selectors import CancerList
from wherry.web.components.formats import short_day
from wherry.web.waiting.naming import Names

HEADER = (
    *("Surname", "Forename", "NHS number", "Date of birth", "Trust", "Site", "Tumour group", "Route", "Day"),
    *("28 days: wait", "28 days", "31 days: wait", "31 days", "62 days: wait", "62 days", "Passes limit on", "Limit"),
    *("Last step", "Done on", "Next step", "Due", "Booked", "Days late", "Owner", "Concerns", "Next action"),
    *("Action owner", "Action due", "Escalated", "Last chased", "Passed on", "Cancer pathway", "Pathway"),
)


def rows(listing: CancerList, numbers: Any, names: Names, timed: TimedPathways) -> Iterator[Sequence[Any]]:
    """The rows of the file."""
    known = concerns()
    for row in listing.take(numbers):
        acts = row["tracking"]
        yield (
            *(row[name] for name in ("surname", "forename", "nhs_number", "birth_date")),
            names.trust(row["organisation"]),
            names.site(row["site"]) if row["site"] else "",
            timed.of(row["tumour_group"], listing.today).words,
            presenters.ROUTES.get(row["route"], row["route"]),
            row["day"],
            *(row[f"{c}_{part}"] for c in ("fds", "d31", "d62") for part in ("wait", "status")),
            row["breach_on"],
            row["breach_clock"],
            _step(row["last_milestone"], timed),
            row["last_milestone_on"],
            _step(row["next_milestone"], timed),
            *(row[name] for name in ("next_due_on", "next_planned_for", "days_late", "owner")),
            "; ".join(known[code].words for code in row["concerns"].split(";") if code in known),
            *((acts.action, acts.action_owner_name, acts.action_due_on) if acts else (None, None, None)),
            *((acts.level or None, acts.chased_on, acts.passed_on) if acts else (None, None, None)),
            row["cancer_key"],
            row["pathway_key"],
        )


def _step(code: str | None, timed: TimedPathways) -> str:
    return presenters.step_words(code, timed) if code else ""


def notes(listing: CancerList, count: int, words: str, names: Names) -> list[str]:
    """What the file is, in sentences."""
    trusts = ", ".join(sorted(names.trust(code) for code in listing.organisations))
    return [
        f"Cancer list as at {short_day(listing.snapshot.census)}: {count:,} rows.",
        f"Filter: {words}",
        f"Source: wherry snapshot {listing.snapshot.id}, from the extracts of {trusts}.",
        "It names patients: keep it as you keep a record.",
    ]
