"""The parts: rounding, drawing, days, slips of the keyboard, layouts, and inputs that are not there."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.errors import UserError
from wherry.paths import system_dir
from wherry.reference import nhs_number, system
from wherry.synthetic import arrow
from wherry.synthetic.inputs import from_system
from wherry.synthetic.layouts import Codes, Days, Flags, Words, read_layouts
from wherry.synthetic.misspell import misspelt, mistyped_number
from wherry.synthetic.names import Names
from wherry.synthetic.settings import dirt_table
from wherry.synthetic.streams import NEVER, Streams, largest_remainder, skewed, systematic, weekday

WEIGHTS = st.lists(st.integers(0, 1000), min_size=1, max_size=40).filter(any)
TEMPLATES = system_dir("norfolk-waveney") / "templates"


@given(WEIGHTS, st.integers(0, 5000))
def test_largest_remainder_adds_up_and_rounds_up_or_down(weights: list[int], total: int) -> None:
    shared = largest_remainder(weights, total)
    exact = np.array(weights) * total / sum(weights)
    assert shared.sum() == total
    assert (np.abs(shared - exact) < 1 + 1e-6).all()


@given(WEIGHTS, st.integers(0, 5000), st.integers(0, 100))
def test_systematic_draws_each_cell_its_expected_times_rounded(weights: list[int], total: int, seed: int) -> None:
    drawn = np.bincount(systematic(weights, total, np.random.default_rng(seed)), minlength=len(weights))
    exact = np.array(weights) * total / sum(weights)
    assert drawn.sum() == total
    assert (np.abs(drawn - exact) < 1 + 1e-6).all()


@given(WEIGHTS, st.integers(0, 100))
def test_whole_weights_come_out_exactly(weights: list[int], seed: int) -> None:
    drawn = np.bincount(systematic(weights, sum(weights), np.random.default_rng(seed)), minlength=len(weights))
    assert drawn.tolist() == weights


def test_nothing_cannot_be_shared_out() -> None:
    with pytest.raises(ValueError, match="all zero"):
        largest_remainder([0, 0], 3)


@given(st.lists(st.integers(-20_000, 40_000), min_size=1), st.integers(0, 10))
def test_weekday_moves_back_to_a_working_day_unless_that_is_too_early(days: list[int], room: int) -> None:
    day = np.array(days)
    for before, after in zip(days, weekday(day, day - room).tolist(), strict=True):
        assert before - 2 <= after <= before
        moved = date(1970, 1, 1) + timedelta(days=after)
        assert moved.isoweekday() <= 5 or after == before - room
        if (date(1970, 1, 1) + timedelta(days=before)).isoweekday() <= 5:
            assert after == before


def test_streams_depend_on_seed_and_name_only() -> None:
    first = Streams(3)
    first("other").random(100)
    assert first("a", 1).random(5).tolist() == Streams(3)("a", 1).random(5).tolist()
    assert first("a", 1).random(5).tolist() != first("a", 2).random(5).tolist()
    assert first("a", 1).random(5).tolist() != Streams(4)("a", 1).random(5).tolist()


def test_skewed_draws_have_a_few_common_and_many_rare() -> None:
    drawn = np.bincount(skewed(np.random.default_rng(1), 1000, 200_000), minlength=1000)
    assert drawn[0] > 5 * drawn[100] > 5 * drawn[900] > 0


@given(st.lists(st.text("abcdefghijklmnop", min_size=1, max_size=12), min_size=1, max_size=20), st.integers(0, 99))
def test_a_misspelt_name_is_another_name_of_nearly_the_same_length(words: list[str], seed: int) -> None:
    for right, wrong in zip(words, misspelt(words, np.random.default_rng(seed)), strict=True):
        assert wrong != right
        assert wrong[0] == right[0]
        assert abs(len(wrong) - len(right)) <= 1


@given(st.lists(st.integers(0, 900_000), min_size=1, max_size=30), st.integers(0, 99))
def test_a_mistyped_number_is_never_valid_and_stays_synthetic(indices: list[int], seed: int) -> None:
    right = nhs_number.synthetic(indices).astype(object)
    for number in mistyped_number(right, np.random.default_rng(seed)):
        assert len(number) == 10
        assert number.startswith("999")
        assert not nhs_number.is_valid(number)


def test_every_name_can_be_written_by_the_oldest_system() -> None:
    names = Names.load()
    for word in (*names.surnames, *names.forenames, *names.streets, *names.nicknames.values()):
        written = str(word).upper().encode("windows-1252").decode("windows-1252")
        assert written == str(word).upper()
        assert "|" not in written
        assert "," not in written
    assert len(names.surnames) > 1500


def test_rates_are_shares_with_words() -> None:
    for dirt in dirt_table().values():
        assert 0.0 <= dirt.rate <= 1.0
        assert dirt.words
        assert dirt.of


def test_layouts_write_dates_codes_flags_and_quotes_their_own_way() -> None:
    layouts = read_layouts(TEMPLATES)
    day = (date(2026, 2, 5) - date(1970, 1, 1)).days
    days, flags = Days(np.array([day, NEVER])), Flags(np.array([1, -1]))
    expected = {
        "RM1": ("2026-02-05", "Y", "ATTEND"),
        "RGP": ("05/02/2026", "Yes", "Attended"),
        "RCX": ("05-FEB-2026", "1", "02"),
    }
    for trust, (written, yes, code) in expected.items():
        layout = layouts[trust, "event"]
        assert layout.text("event_on", days).to_pylist() == [written, None]
        assert layout.text("first_activity", flags).to_pylist() == [yes, None]
        assert layout.text("event_type", Codes(np.array([0]), ("attendance",))).to_pylist() == [code]
    names = {trust: layouts[trust, "event"].file_name(date(2026, 2, 5)) for trust in expected}
    assert names == {
        "RM1": "RM1_EVENT_20260205.csv",
        "RGP": "jpuh-activity-2026-02-05.csv",
        "RCX": "QEH.ACT.050226.txt",
    }
    opt_out = layouts["X26", "opt_out"]
    assert opt_out.lines({"nhs_number": Words(arrow.text(np.array(["a,b", "c"], dtype=object)))}).to_pylist() == [
        '"a,b"\n',
        "c\n",
    ]


def test_body_gives_the_bytes_of_a_slice_and_of_nothing() -> None:
    column = arrow.text(np.array(["ab\n", "c\n", "def\n"], dtype=object))
    assert bytes(arrow.body(column)) == b"ab\nc\ndef\n"
    assert bytes(arrow.body(column[1:])) == b"c\ndef\n"
    assert bytes(arrow.body(column[:0])) == b""


@pytest.mark.parametrize("name", ["rtt_incomplete", "rtt_completed", "rtt_new_periods", "practices", "sex_by_age"])
def test_a_system_without_a_baseline_file_is_refused_by_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "norfolk-waveney"
    shutil.copytree(system_dir("norfolk-waveney"), folder)
    (folder / "baseline" / f"{name}.csv").unlink()
    with pytest.raises(UserError, match=name):
        from_system(system.load_folder(folder))


def test_a_folder_without_templates_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No source templates"):
        read_layouts(tmp_path)
