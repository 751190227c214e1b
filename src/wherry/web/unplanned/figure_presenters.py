"""How the hub goes, as its page says it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from wherry.flow.emergency.responses import Responses
from wherry.flow.unplanned.figures import Figures, Share
from wherry.flow.unplanned.settings import Settings
from wherry.reference import standards
from wherry.web.components.formats import LONDON, percent


@dataclass(frozen=True)
class FigureLine:
    """One figure: its name, the figure, what it should be, and how it was counted."""

    name: str
    value: str
    aim: str
    note: str
    outside: bool = False


def figure_lines(found: Figures, known: Settings, now: datetime) -> list[FigureLine]:
    """The figures in the order in which people ask for them."""
    aim = standards.in_force("community.urgent_response.share", now.astimezone(LONDON).date())
    share = found.two_hours.share
    conveyed = found.conveyance
    return [
        FigureLine(
            "Seen within two hours",
            _share(found.two_hours),
            f"at least {aim.value:g}%" if aim else "no target known to us",
            "Accepted referrals to services with the two-hour standard, offered while the hub was open; from the "
            f"offer to the first visit. {_rest(found.two_hours, 'still within their two hours')} Offered out of hours: "
            f"{_share(found.two_hours_out_of_hours)}.",
            bool(aim and share is not None and not aim.met(100 * share)),
        ),
        FigureLine(
            "Offers answered in time",
            _share(found.answered_in_time),
            "all",
            f"{found.offered:,} offers: {found.accepted:,} accepted, {found.refused:,} refused, {found.returned:,} "
            f"went back unanswered, {found.withdrawn:,} withdrawn, {found.waiting:,} wait.",
            found.returned > 0,
        ),
        FigureLine(
            "Middle time to an answer",
            "none yet" if found.median_answer_minutes is None else f"{found.median_answer_minutes:.1f} minutes",
            f"at most {known.minutes(now.date())} minutes",
            "Of accepted and refused offers.",
        ),
        FigureLine(
            "Taken to hospital by ambulance after all",
            f"{conveyed.conveyed:,} of {conveyed.closed:,}" if conveyed.closed else "none closed yet",
            "",
            "Of calls that the hub closed.",
        ),
        FigureLine(
            "Conveyance avoided",
            f"{conveyed.avoided:.1f} ({conveyed.low:.1f} to {conveyed.high:.1f})"
            if conveyed.closed
            else "none closed yet",
            "",
            f"Such calls end in hospital {conveyed.expected:.1f} times of {conveyed.closed:,} when an ambulance goes, "
            f"less those taken after all. Shares by condition: {known.sources['would_convey']}. "
            "The range is chance alone.",
        ),
        FigureLine(
            "Called or came again within seven days",
            _share(found.recontact),
            "",
            "Another 999 or 111 call here, or a visit to a department. "
            + _rest(found.recontact, "closed less than seven days ago")
            + (
                f" {found.recontact.unknown:,} have no NHS number, so nobody can tell."
                if found.recontact.unknown
                else ""
            ),
        ),
    ]


def category_2(found: Responses, now: datetime) -> FigureLine:
    """Mean response to category 2, which calls taken by the community should make shorter (J, objective 6a)."""
    target = standards.in_force("ambulance.category_2.target", now.astimezone(LONDON).date())
    mean = found.mean
    note = "Of the whole system, from the ambulance service's incidents: from the call to the first vehicle there. "
    note += f"{len(found.answered):,} reached, {len(found.waiting):,} not yet, {found.missing:,} without a time."
    if found.waiting and found.mean_at_least is not None:
        note += f" Once all are reached it is at least {found.mean_at_least:.1f} minutes."
    return FigureLine(
        "Mean response to category 2",
        "not known" if mean is None else f"{mean:.1f} minutes",
        "at most 30 minutes by the Joint Forward Plan" + (f"; {target.value:g} this year" if target else ""),
        note if found.calls else "Nothing has come from the ambulance service about this time.",
        bool(mean is not None and target is not None and not target.met(mean)),
    )


def _share(share: Share) -> str:
    return "none yet" if share.share is None else f"{percent(share.share)} ({share.count:,} of {share.of:,})"


def _rest(share: Share, words: str) -> str:
    return f"{share.pending:,} more are {words}." if share.pending else ""
