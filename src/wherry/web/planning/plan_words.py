"""Numbers of plans in words: whole, grouped, with "more" and "fewer" instead of signs; a range says it is 80%."""

from __future__ import annotations

from wherry.planning.answers.model import Spread

#: What a range means, said once a page.
RANGE_MEANS = (
    "The model draws every uncertain assumption many times, and works everything out for each draw: that is a run. "
    "The 80% range leaves out the lowest tenth and the highest tenth of the runs, and the middle has half of them on "
    "either side."
)


def whole(value: float | None) -> str:
    """A number without decimals, grouped; one that is not known is said so.

    >>> whole(1783.4), whole(-0.2), whole(-1234.5), whole(None)
    ('1,783', '0', 'minus 1,234', 'not known')
    """
    if value is None:
        return "not known"
    number = round(value)
    return f"minus {-number:,}" if number < 0 else f"{number:,}"


def more(value: float) -> str:
    """A change in words.

    >>> more(41.6), more(-1200), more(0.3)
    ('42 more', '1,200 fewer', 'no change')
    """
    number = round(value)
    if number == 0:
        return "no change"
    return f"{abs(number):,} {'more' if number > 0 else 'fewer'}"


def span(low: float, high: float) -> str:
    """A range of levels.

    >>> span(1200, 1900), span(3.1, 3.2)
    ('1,200 to 1,900', '3')
    """
    first, last = whole(low), whole(high)
    return first if first == last else f"{first} to {last}"


def span_more(value: Spread, up: str = "more", down: str = "fewer") -> str:
    """A range of changes, the word once where both ends go the same way.

    >>> span_more(Spread(20, 30, 40, 30)), span_more(Spread(-40, -30, -20, -30)), span_more(Spread(-5, 2, 9, 2))
    ('20 to 40 more', '20 to 40 fewer', '5 fewer to 9 more')
    >>> span_more(Spread(0, 2, 9, 2), "missing", "to spare"), span_more(Spread(0, 0, 0, 0))
    ('0 to 9 missing', 'no change')
    """
    low, high = round(value.low), round(value.high)
    if low == high:
        return "no change" if low == 0 else f"{abs(low):,} {up if low > 0 else down}"
    if low >= 0:
        return f"{low:,} to {high:,} {up}"
    if high <= 0:
        return f"{-high:,} to {-low:,} {down}"
    return f"{-low:,} {down} to {high:,} {up}"


def missing(value: float) -> str:
    """Needed less existing, in words.

    >>> missing(131.2), missing(-10), missing(0.4)
    ('131 missing', '10 to spare', 'just enough')
    """
    number = round(value)
    if number == 0:
        return "just enough"
    return f"{abs(number):,} {'missing' if number > 0 else 'to spare'}"


def share_of_runs(share: float | None, runs: int) -> str:
    """In how many runs something holds.

    >>> share_of_runs(0.04, 100), share_of_runs(0, 64), share_of_runs(1, 64), share_of_runs(None, 64)
    ('4 of 100 runs (4%)', 'none of 64 runs', 'all 64 runs', 'not known')
    """
    if share is None:
        return "not known"
    number = round(share * runs)
    if number == 0:
        return f"none of {runs:,} runs"
    if number == runs:
        return f"all {runs:,} runs"
    return f"{number:,} of {runs:,} runs ({100 * share:.0f}%)"


def part(value: float, base: float) -> str:
    """A change as a share of where it began, in words.

    >>> part(120, 100), part(97, 100), part(5, 0), part(100.2, 100)
    ('20% more', '3% fewer', 'none before', 'about the same')
    """
    if base == 0:
        return "none before" if round(value) else "none"
    percent = round(100 * (value / base - 1))
    if percent == 0:
        return "about the same"
    return f"{abs(percent)}% {'more' if percent > 0 else 'fewer'}"


def per_cent(value: float) -> str:
    """A share as an assumption names it.

    >>> per_cent(0.02), per_cent(-0.0045), per_cent(0.125)
    ('2%', 'minus 0.45%', '12.5%')
    """
    text = f"{abs(100 * value):.2f}".rstrip("0").rstrip(".")
    return f"minus {text}%" if value < 0 and text != "0" else f"{text}%"
