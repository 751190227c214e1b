"""Answers of plans as text tables for a terminal: numbers grouped and right-aligned, ranges in words."""

from __future__ import annotations

from collections.abc import Sequence

from wherry.errors import UserError
from wherry.planning.answers.compare import largest
from wherry.planning.answers.model import GROUP, Answers, Comparison, Spread
from wherry.planning.scenario.model import Scenario, year_words

_BEDS = "beds_at_occupancy"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as they must be: the first to the left, the others to the right.

    >>> print(table(("site", "beds"), [("Norwich", "1,050"), ("Gorleston", "9")]))
    site        beds
    Norwich    1,050
    Gorleston      9
    """
    lines = [tuple(header), *(tuple(row) for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(header))]
    return "\n".join(
        "  ".join(cell.ljust(width) if at == 0 else cell.rjust(width)
                  for at, (cell, width) in enumerate(zip(line, widths, strict=True))).rstrip()
        for line in lines
    )  # fmt: skip


def whole(value: float | None) -> str:
    """A number without decimals (with one below 10), grouped; one that nobody has said as a dash.

    >>> whole(2309.6), whole(3.14), whole(-0.04), whole(None)
    ('2,310', '3.1', '0', '-')
    """
    if value is None:
        return "-"
    if abs(value) < 0.05:
        return "0"
    if abs(value) < 9.95:
        return f"{value:.1f}"
    return f"{value:,.0f}"


def span(value: Spread | None) -> str:
    """An 80% range.

    >>> span(Spread(2239.7, 2310.0, 2390.2, 2312.0))
    '2,240 to 2,390'
    """
    return "-" if value is None else f"{whole(value.low)} to {whole(value.high)}"


def scenarios(found: Sequence[Scenario]) -> str:
    """The system's scenarios: a line each, and its question below."""
    rows = [
        (one.name, f"{year_words(one.base_year)} to {year_words(one.horizon_year)}", f"{one.runs:,} runs")
        for one in found
    ]
    lines = table(("scenario", "years", "runs"), rows).split("\n")
    told = [f"{line}\n    {one.question}" for line, one in zip(lines[1:], found, strict=True)]
    return "\n".join([lines[0], *told])


def answers(held: Answers, place: str = GROUP) -> str:
    """What `wherry plan run` prints: the headline, then beds by place, and for one place the rest."""
    parts = [
        held.headline,
        f"{held.runs:,} runs, seed {held.seed}; activity {held.baseline}. Ranges are 80%.",
        _gaps(held),
        _wards(held, place),
        _fans(held, place),
        _waterfall(held, place),
        _returns(held, place),
        _tornado(held, place),
    ]
    return "\n\n".join(part for part in parts if part)


def comparison(found: Comparison, first: Answers, second: Answers, place: str, year: str | None) -> str:
    """What `wherry plan compare` prints: one place and year, the largest differences first."""
    years = sorted({one.year for one in found.differences})
    if not years:
        raise UserError(f"{found.first} and {found.second} have no measure in common, so nothing can be compared.")
    by_words = {year_words(one): one for one in years}
    if year is not None and year not in by_words:
        raise UserError(f"{year!r} is not a year of both scenarios. They have {', '.join(by_words)}.")
    at = by_words[year] if year is not None else years[-1]
    here = largest(found, at, place)
    alike = [one for one in here if (one.difference.low, one.difference.high, one.difference.mean) == (0, 0, 0)]
    rows = [
        (f"{one.words} ({one.unit})", whole(one.first.middle), whole(one.second.middle), _signed(one.difference.middle),
         f"{_signed(one.difference.low)} to {_signed(one.difference.high)}",
         "-" if one.second_more is None else f"{one.second_more:.0%}")
        for one in here
        if one not in alike
    ]  # fmt: skip
    header = ("", found.first, found.second, "difference", "80% range", "runs with more")
    parts = [
        f"{found.first}: {first.headline}\n{found.second}: {second.headline}",
        f"{dict(found.places).get(place, place)}, {year_words(at)}. {found.how}",
        table(header, rows) if rows else "Nothing differs.",
        f"The same in both: {'; '.join(one.words for one in alike)}." if alike and rows else "",
    ]
    return "\n\n".join(part for part in parts if part)


def _signed(value: float) -> str:
    return f"+{whole(value)}" if value > 0 and whole(value) != "0" else whole(value)


def _gaps(held: Answers) -> str:
    words = dict(held.places)
    rows = [
        (words[gap.place], whole(gap.existing), whole(gap.needed.middle), span(gap.needed),
         whole(gap.gap.middle if gap.gap else None), "-" if gap.enough is None else f"{gap.enough:.0%}")
        for gap in held.gaps
        if gap.requirement == _BEDS and not gap.ward and gap.year == held.horizon_year
        and (gap.place == GROUP or gap.place not in _trusts_of_one(held))
    ]  # fmt: skip
    if not rows:
        return ""
    header = ("", "beds there are", "needed", "range", "missing", "runs in which enough")
    return f"Beds in {year_words(held.horizon_year)}\n{table(header, rows)}"


def _trusts_of_one(held: Answers) -> set[str]:
    """Trusts whose beds are all one site's: the site, which comes after them, would say the same again."""
    found = {
        gap.place: (gap.existing, gap.needed)
        for gap in held.gaps
        if (gap.requirement, gap.ward, gap.year) == (_BEDS, "", held.horizon_year) and gap.place != GROUP
    }
    codes = [code for code, _ in held.places if code in found]
    return {code for at, code in enumerate(codes) if found[code] in [found[later] for later in codes[at + 1 :]]}


def _wards(held: Answers, place: str) -> str:
    where = dict(held.places)[place]
    rows = [
        (gap.ward, whole(gap.existing), whole(gap.needed.middle), span(gap.needed),
         whole(gap.gap.middle if gap.gap else None))
        for gap in held.gaps
        if (gap.requirement, gap.place, gap.year) == (_BEDS, place, held.horizon_year) and gap.ward
    ]  # fmt: skip
    if not rows:
        return ""
    return f"{where}, beds by ward group\n{table(('', 'beds there are', 'needed', 'range', 'missing'), rows)}"


def _fans(held: Answers, place: str) -> str:
    where = dict(held.places)[place]
    rows = [
        (f"{fan.words} ({fan.unit})", whole(fan.base), whole(fan.points[-1][1].middle), span(fan.points[-1][1]),
         f"{fan.points[-1][1].middle / fan.base - 1:+.1%}" if fan.base else "-")
        for fan in held.fans
        if fan.place == place
    ]  # fmt: skip
    header = ("", year_words(held.base_year), year_words(held.horizon_year), "range", "change")
    return f"{where}, a year\n{table(header, rows)}" if rows else ""


def _waterfall(held: Answers, place: str) -> str:
    where = dict(held.places)[place]
    for one in held.waterfalls:
        if (one.measure, one.place) == ("beds", place):
            rows = [
                (year_words(held.base_year), whole(one.start), ""),
                *((step.title, _signed(step.value.mean), span(step.value)) for step in one.steps),
                (year_words(held.horizon_year), whole(one.end.mean), span(one.end)),
            ]
            told = f"{where}, what drives {one.words.lower()} (means, which add up)"
            return f"{told}\n{table(('', 'beds', 'range'), rows)}"
    return ""


def _returns(held: Answers, place: str) -> str:
    where = dict(held.places)[place]
    told = {fan.measure: fan.words.lower() for fan in held.fans}
    rows = [
        (one.title, whole(one.beds.mean), span(one.beds), whole(one.alone_beds), whole(one.nights.mean),
         "; ".join(f"{whole(saved.mean)} {told.get(code, code)}" for code, saved in one.activity) or "-")
        for one in held.returns
        if one.place == place
    ]  # fmt: skip
    header = ("", "beds saved", "range", "if alone", "nights saved", "activity saved")
    title = f"{where}, what each intervention returns in {year_words(held.horizon_year)}"
    return f"{title}\n{table(header, rows)}" if rows else ""


def _tornado(held: Answers, place: str, at_most: int = 10) -> str:
    where = dict(held.places)[place]
    rows = [
        (one.title, whole(one.low_value), whole(one.high_value), whole(one.width))
        for one in held.tornado
        if one.place == place
    ]
    header = ("", "beds if low", "beds if high", "width")
    return f"{where}, on what most beds hang\n{table(header, rows[:at_most])}" if rows else ""
