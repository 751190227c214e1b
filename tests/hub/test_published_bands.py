"""The arithmetic of week bands, against people counted one by one."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.errors import UserError
from wherry.hub.published.bands import Band, beyond, check, from_heading, percentile, within


def weekly(last: int) -> tuple[Band, ...]:
    return (*(Band(week, week + 1) for week in range(last)), Band(last, None))


@st.composite
def positions(draw: st.DrawFn) -> tuple[list[int], tuple[Band, ...]]:
    bands = weekly(draw(st.sampled_from([3, 18, 52, 104])))
    counts = draw(st.lists(st.integers(0, 40), min_size=len(bands), max_size=len(bands)))
    return counts, bands


def people(counts: list[int], bands: tuple[Band, ...]) -> list[float]:
    """Everyone's wait with the people of a band spread evenly over it: the k-th of n at k / n of the way."""
    waits = []
    for count, band in zip(counts, bands, strict=True):
        upper = math.inf if band.upper is None else band.upper
        waits += [
            upper if upper == math.inf else band.lower + (k / count) * (upper - band.lower) for k in range(1, count + 1)
        ]
    return waits


@given(positions(), st.integers(0, 104))
def test_within_and_beyond_count_people(position: tuple[list[int], tuple[Band, ...]], weeks: int) -> None:
    counts, bands = position
    waits = people(counts, bands)
    known_edge = weeks <= bands[-1].lower
    assert within(counts, bands, weeks) == (sum(wait <= weeks for wait in waits) if known_edge else None)
    assert beyond(counts, bands, weeks) == (sum(wait > weeks for wait in waits) if known_edge else None)


@given(positions(), st.sampled_from([0.25, 0.5, 0.92, 0.95, 1.0]))
def test_percentile_lies_where_that_share_of_people_is(
    position: tuple[list[int], tuple[Band, ...]], share: float
) -> None:
    counts, bands = position
    waits = people(counts, bands)
    found = percentile(counts, bands, share)
    if not waits:
        assert found.weeks is None
        assert found.beyond is None
        return
    place = share * len(waits)
    whole = math.ceil(place - 1e-9)
    after = waits[whole - 1]
    if after == math.inf:
        assert (found.weeks, found.beyond) == (None, bands[-1].lower)
        return
    assert found.weeks is not None
    assert found.weeks <= after + 1e-9
    if abs(place - whole) < 1e-9:
        assert found.weeks == pytest.approx(after)
    band = next(b for b in bands if b.lower < after <= (b.upper or math.inf) + 1e-12)
    assert band.lower - 1e-9 <= found.weeks


@given(positions())
def test_percentiles_never_fall_as_the_share_grows(position: tuple[list[int], tuple[Band, ...]]) -> None:
    counts, bands = position
    waits = [percentile(counts, bands, share / 20) for share in range(1, 21)]
    heights = [math.inf if w.beyond is not None else (w.weeks or 0.0) for w in waits]
    assert heights == sorted(heights)


def test_a_limit_that_the_bands_do_not_name_is_not_known_rather_than_zero() -> None:
    bands = weekly(52)
    assert beyond([1] * 53, bands, 52) == 1
    assert beyond([1] * 53, bands, 65) is None
    assert within([1] * 53, bands, 18) == 18


@pytest.mark.parametrize(
    ("text", "band"),
    [
        ("Gt 00 To 01 Weeks SUM 1", Band(0, 1)),
        ("Gt 103 To 104 Weeks SUM 1", Band(103, 104)),
        ("Gt 52 Weeks SUM 1", Band(52, None)),
        (" gt 09 to 10 weeks", Band(9, 10)),
        ("Total All", None),
        ("Patients with unknown clock start date", None),
    ],
)
def test_bands_are_read_from_headings(text: str, band: Band | None) -> None:
    assert from_heading(text) == band


@pytest.mark.parametrize(
    "bands",
    [(), (Band(0, 1), Band(2, None)), (Band(0, 1), Band(1, 2)), (Band(1, None),), (Band(0, None), Band(52, None))],
)
def test_bands_with_a_gap_or_without_an_end_are_refused(bands: tuple[Band, ...]) -> None:
    with pytest.raises(UserError):
        check(bands)
