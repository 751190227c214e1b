"""Handovers as rows of the page's table: shares within and beyond each limit, the mean, and hours lost."""

from __future__ import annotations

from collections.abc import Sequence

from wherry.flow.emergency.windows import day_of
from wherry.reference import standards
from wherry.web.components.formats import count, plural
from wherry.web.emergency.figures import GROUP, Cell, Now, Row, ambulances_href, percent_text, precise
from wherry.web.emergency.position import Position


def handover_rows(position: Position, nows: Sequence[Now]) -> list[Row]:
    """Handovers of the window that `nows` were made with."""
    limits = position.limits
    on = day_of(position.now)
    rows = []
    for index, limit in enumerate(limits.handover_steps):
        amount = f"{limit.total_seconds() / 60:g}"
        cells = {}
        for one in nows:
            tally = one.handed.steps[index]
            value = tally.percent_within if index == 0 else tally.percent_over
            number = tally.within if index == 0 else tally.over
            none_wanted = index == 2 and standards.in_force("ambulance.handover.longest", on) is not None
            cells[one.site] = Cell(
                value,
                percent_text(value) if value is not None else "none yet",
                f"{count(number)} of {count(tally.of)}" if tally.of else "",
                tally.over > 0 if none_wanted and tally.of else None,
                ambulances_href(one.site),
            )
        first = index == 0
        rows.append(
            Row(
                f"handover_{amount}",
                f"Handover {'within' if first else 'over'} {amount} minutes",
                "none over it" if index == 2 else "",
                "Ambulance's arrival to clinical handover. Of those done within the time, and those who passed it,"
                " whether or not they are handed over.",
                cells,
                "",
            )
        )
    whole = next(one for one in nows if one.site == GROUP)
    lacking = whole.handed.missing
    mean = {
        one.site: Cell(
            one.handed.mean,
            precise(one.handed.mean, "none yet"),
            f"of {plural(len(one.handed.minutes), 'handover')}" if one.handed.minutes else "",
            None if one.handed.mean is None else one.handed.mean > limits.handover.total_seconds() / 60,
            ambulances_href(one.site),
        )
        for one in nows
    }
    lost = {
        one.site: Cell(one.handed.lost_hours, f"{one.handed.lost_hours:.1f} h", "", None, ambulances_href(one.site))
        for one in nows
    }
    rows.append(
        Row(
            "handover_mean",
            "Mean handover",
            f"at most {limits.handover.total_seconds() / 60:g} minutes",
            "Of those handed over, and those who wait beyond 15 minutes, with the time so far.",
            mean,
            f"{count(lacking)} of {count(whole.handed.steps[0].of + lacking)} have no time of handover"
            if lacking
            else "",
        )
    )
    rows.append(
        Row(
            "handover_lost",
            "Hours lost to handover",
            "",
            "The sum of what each handover took beyond 15 minutes, those waiting now included.",
            lost,
            "",
        )
    )
    return rows
