"""NHS numbers: worked examples, the library and brute force as oracles, and numbers that are never used twice."""

from __future__ import annotations

import nhs_number as library
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.reference import nhs_number

VALID = ("9434765919", "9449304130", "4010232137", "9990000018")


@pytest.mark.parametrize("number", VALID)
def test_worked_examples_are_valid(number: str) -> None:
    assert nhs_number.is_valid(number)
    assert nhs_number.is_valid(nhs_number.spaced(number))


@pytest.mark.parametrize(
    "number",
    [
        *("1234567890", "0000000000", "1111111111", "9999999999", "", "943476591", "94347659199", "943476591X"),
        *("９４３４７６５９１９", "943.476.5919", " ", "123456789x", None),
    ],
)
def test_what_is_no_number_is_refused(number: str | None) -> None:
    assert not nhs_number.is_valid(number)
    assert not nhs_number.valid_mask(pa.array([number], pa.string()))[0]


def test_ten_equal_digits_pass_the_sum_and_are_still_refused() -> None:
    stubs = [str(digit) * 10 for digit in range(10)]
    assert all(nhs_number.check_digit(stub[:9]) == int(stub[9]) for stub in stubs)
    assert not any(map(nhs_number.is_valid, stubs))


@given(st.integers(0, 999_999_999))
def test_the_check_digit_is_the_librarys(stem: int) -> None:
    first_nine = f"{stem:09d}"
    expected = library.calculate_checksum(first_nine)
    assert nhs_number.check_digit(first_nine) == (None if expected == 10 else expected)


@pytest.mark.parametrize("text", ["", "12345678", "1234567890", "12345678x", "１２３４５６７８９"])
def test_a_check_digit_wants_nine_digits(text: str) -> None:
    with pytest.raises(ValueError, match="nine digits"):
        nhs_number.check_digit(text)


@given(st.sampled_from(VALID), st.integers(0, 9), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(number: str, place: int, shift: int) -> None:
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    assert not nhs_number.is_valid(wrong)


@given(st.sampled_from(VALID), st.integers(0, 8))
def test_two_neighbours_swapped_are_always_found(number: str, place: int) -> None:
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert nhs_number.is_valid(swapped) == (swapped == number)


near_numbers = st.one_of(
    st.none(),
    st.text(alphabet="0123456789 -x", max_size=13),
    st.integers(0, 9_999_999_999).map(lambda number: f"{number:010d}"),
    st.sampled_from(VALID),
    st.sampled_from([nhs_number.spaced(number) for number in VALID]),
)


@given(st.lists(near_numbers, max_size=30))
def test_a_column_is_judged_as_its_values_are(numbers: list[str | None]) -> None:
    expected = [nhs_number.is_valid(number) for number in numbers]
    column = pa.array(numbers, pa.string())
    assert nhs_number.valid_mask(column).tolist() == expected
    assert nhs_number.valid_mask(pa.chunked_array([column[:3], column[3:]])).tolist() == expected
    assert nhs_number.valid_mask(column.dictionary_encode()).tolist() == expected
    assert nhs_number.valid_mask(np.array(numbers, dtype=object)).tolist() == expected


def test_numbers_as_integers_are_not_text() -> None:
    with pytest.raises(ValueError, match="text"):
        nhs_number.valid_mask(np.array([9434765919]))


def test_synthetic_numbers_are_exactly_the_valid_ones_of_the_range_in_order() -> None:
    brute = [str(number) for number in range(9_990_000_000, 9_990_020_000) if nhs_number.is_valid(str(number))]
    assert nhs_number.synthetic(np.arange(len(brute))).tolist() == brute
    last = [str(number) for number in range(9_999_990_000, 10_000_000_000) if nhs_number.is_valid(str(number))]
    count = nhs_number.synthetic_count()
    assert nhs_number.synthetic(np.arange(count - len(last), count)).tolist() == last


def test_every_synthetic_number_is_valid_and_used_once() -> None:
    every = nhs_number.synthetic(np.arange(nhs_number.synthetic_count()))
    assert len(np.unique(every)) == len(every) > 909_000
    assert nhs_number.valid_mask(pa.array(every)).all()
    assert all(map(nhs_number.is_synthetic, every[::50_000]))


@pytest.mark.parametrize("wanted", [[-1], [10_000_000], [0, 909_091]])
def test_more_numbers_than_there_are_is_refused(wanted: list[int]) -> None:
    with pytest.raises(ValueError, match="999 range"):
        nhs_number.synthetic(wanted)


def test_indices_are_whole_numbers() -> None:
    with pytest.raises(ValueError, match="whole numbers"):
        nhs_number.synthetic([0.5])
    assert nhs_number.synthetic([]).tolist() == []
