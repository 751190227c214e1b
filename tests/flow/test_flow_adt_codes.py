"""The local map of codes: what it refuses, and a sender's own words."""

from __future__ import annotations

from pathlib import Path

import pytest

from wherry.errors import UserError
from wherry.flow.adt.codes import load, read

START = '[organisations]\nsites = { RM1 = "RM102" }\n'


def written(folder: Path, text: str) -> Path:
    (folder / "feed.toml").write_text(text)
    return folder / "feed.toml"


def test_the_systems_own_map() -> None:
    codes = load("norfolk-waveney")
    assert codes.sites == {"RM1": "RM102", "RGP": "RGP75", "RCX": "RCX70"}
    assert set(codes.methods.values()) == {"emergency", "elective", "transfer", "maternity"}
    assert codes.bed_statuses["C"] == "close:other"


def test_a_senders_own_words_outdo_the_others(tmp_path: Path) -> None:
    own = '[sexes.words]\nF = "female"\nM = "male"\n[sender."RM1|OLD".sexes]\nm = "unknown"\n'
    codes = read(written(tmp_path, START + own))
    assert codes.of("RM1|OLD").sexes == {"F": "female", "M": "unknown"}
    assert codes.of("RM1|NEW").sexes["M"] == "male"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", r"\[organisations\] needs sites"),
        (START + "[sexs.words]\n", "'sexs' is not known here. Known: organisations, sender, methods"),
        (START + '[sexes.words]\nF = "woman"\n', r"feed.toml, \[sexes\]: F = 'woman' must be one of female, male"),
        (START + "[observations.words]\nA = 1\n", "A = 1 must be a text"),
        (START + '[sender."RM1|X".sex]\n', r"\[sender.\"RM1\|X\"\]: 'sex' is not known here"),
        ("[", "cannot be read"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        read(written(tmp_path, text))


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is missing: without it no message can be read"):
        read(tmp_path / "feed.toml")
