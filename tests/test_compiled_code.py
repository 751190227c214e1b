"""Compiled loops never outlive the code that they were compiled from."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from wherry.compiled_code import keep_apart, state

PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, {folder!r})
from wherry.compiled_code import keep_apart
keep_apart(Path({folder!r}))
import outer
print(outer.twice(4))
"""
OUTER = """
import numba
from inner import step

@numba.njit(cache=True)
def twice(x):
    return step(step(x))
"""
INNER = """
import numba

@numba.njit(cache=True)
def step(x):
    return x {sign} 3
"""


def test_a_change_of_a_file_that_is_only_called_is_met(tmp_path: Path) -> None:
    """The called function changes, the calling file does not: Numba by itself would go on with the old one."""
    (tmp_path / "outer.py").write_text(OUTER)
    said = []
    for sign in ("+", "*"):
        (tmp_path / "inner.py").write_text(INNER.format(sign=sign))
        program = [sys.executable, "-c", PROGRAM.format(folder=str(tmp_path))]
        for _ in range(2):  # the second time from what was kept
            said.append(subprocess.run(program, capture_output=True, text=True, check=True).stdout.strip())
    assert said == ["10", "10", "36", "36"]
    assert len(list((tmp_path / "__pycache__").glob("compiled-*"))) == 2


def test_the_state_is_that_of_every_file(tmp_path: Path) -> None:
    one, two = tmp_path / "one.py", tmp_path / "two.py"
    one.write_text("1")
    two.write_text("2")
    before = state([one, two])
    assert state([two, one]) == before
    os.utime(two, (1, 1))
    assert state([one, two]) != before


def test_few_earlier_states_are_kept_and_another_folder_of_the_users_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)  # what Numba itself has open stays as it is
    del sys.modules["numba"]
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    made = []
    for size in range(5):
        (tmp_path / "one.py").write_text("1" * size)
        made.append(keep_apart(tmp_path))
        os.utime(str(made[-1]), (size + 1, size + 1))
    assert os.environ["NUMBA_CACHE_DIR"] == str(made[-1])
    assert set((tmp_path / "__pycache__").glob("compiled-*")) == set(made[-3:])
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "mine"))
    assert keep_apart(tmp_path) is None
    assert os.environ["NUMBA_CACHE_DIR"] == str(tmp_path / "mine")
