"""What must exist beside what exists, in words: beds by place and ward group, and everything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wherry.errors import UserError
from wherry.planning.answers.model import GROUP, Answers, Gap
from wherry.planning.scenario.model import year_words
from wherry.web.planning import plan_words as say
from wherry.web.planning.run_presenters import BEDS
from wherry.web.planning.scenario_selectors import system_name


@dataclass(frozen=True)
class GapRow:
    """One line about something that must exist: what there is, what is needed, what is missing, in how many runs it is
    enough."""

    words: str
    there: str
    needed: str
    needed_range: str
    gap: str
    gap_range: str
    enough: str
    whole: bool


def _gap_row(gap: Gap, words: str, runs: int, whole: bool = False) -> GapRow:
    return GapRow(
        words=words,
        there="nobody has said" if gap.existing is None else say.whole(gap.existing),
        needed=say.whole(gap.needed.middle),
        needed_range=say.span(gap.needed.low, gap.needed.high),
        gap="not known" if gap.gap is None else say.missing(gap.gap.middle),
        gap_range="" if gap.gap is None else say.span_more(gap.gap, "missing", "to spare"),
        enough=say.share_of_runs(gap.enough, runs),
        whole=whole,
    )


def bed_rows(answers: Answers, requirement: str = BEDS) -> list[GapRow]:
    """Beds by place: the group first, then each site. Trusts of one site would say the same twice."""
    return [
        _gap_row(gap, dict(answers.places).get(gap.place, gap.place), answers.runs, gap.place == GROUP)
        for gap in _horizon(answers, requirement)
        if not gap.ward and gap.place in _shown_places(answers)
    ]


def ward_rows(answers: Answers, place: str, wards: Mapping[str, str], requirement: str = BEDS) -> list[GapRow]:
    """Beds of a place by ward group."""
    return [
        _gap_row(gap, wards.get(gap.ward, gap.ward.replace("_", " ").capitalize()), answers.runs)
        for gap in _horizon(answers, requirement)
        if gap.ward and gap.place == place
    ]


def ward_words() -> dict[str, str]:
    """Ward groups in words, as the system names them today; none if they cannot be read."""
    from wherry.planning.capacity import wards

    try:
        return {ward.code: ward.words[:1].upper() + ward.words[1:] for ward in wards(system_name())}
    except UserError:
        return {}


def other_rows(answers: Answers, place: str) -> list[GapRow]:
    """Everything else that must exist at a place: theatre sessions, rooms, cubicles, scanner hours."""
    return [
        _gap_row(gap, f"{gap.words}, {gap.unit}", answers.runs)
        for gap in answers.gaps
        if gap.year == answers.horizon_year
        and gap.place == place
        and not gap.ward
        and not gap.requirement.startswith("beds")
    ]


def _horizon(answers: Answers, requirement: str) -> list[Gap]:
    order = {code: number for number, (code, _) in enumerate(answers.places)}
    found = [gap for gap in answers.gaps if gap.requirement == requirement and gap.year == answers.horizon_year]
    return sorted(found, key=lambda gap: (gap.place != GROUP, order.get(gap.place, 99)))


def _shown_places(answers: Answers) -> set[str]:
    """The group and its sites: codes of trusts have three letters, those of sites more."""
    return {code for code, _ in answers.places if code == GROUP or len(code) > 3}


def beds_said(answers: Answers) -> str:
    """The beds of the group in one sentence; blank if there is nothing to say."""
    for gap in _horizon(answers, BEDS):
        if gap.place == GROUP and not gap.ward and gap.gap is not None:
            number = round(gap.gap.middle)
            much = (
                "just enough beds" if number == 0 else f"{abs(number):,} beds {'missing' if number > 0 else 'to spare'}"
            )
            return (
                f"In {year_words(gap.year)}: {much} (80% range: {say.span_more(gap.gap, 'missing', 'to spare')}). "
                f"Today’s {say.whole(gap.existing)} beds are enough in {say.share_of_runs(gap.enough, answers.runs)}."
            )
    return ""
