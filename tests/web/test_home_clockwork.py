"""What the clock brings about by itself: everything is seen to, and one failure does not stop the rest."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from shutil import copytree

import pytest
from accounts_support import account
from beds_now_support import NOW, live_position, stop_clock
from snapshot_factory import Made

from wherry.performance.measures import values
from wherry.web.access import Role
from wherry.web.access.access import access_of
from wherry.web.beds import placings
from wherry.web.beds.models import Placing
from wherry.web.emergency.models import LevelReading
from wherry.web.home import clockwork


def test_a_hold_that_ran_out_ends_and_levels_are_kept_though_nobody_looks(
    db: None, handmade_data: tuple[Path, Made], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copytree(handmade_data[1].hub, tmp_path / "hub")  # values of measures are built in it
    monkeypatch.setenv("WHERRY_DATA", str(tmp_path))
    live_position()
    access = access_of(account(Role.SITE_MANAGER, ("RM1",), "site"))
    placing = placings.hold(access=access, bed_key="RM102|M2|S|5", for_whom="a man from clinic", organisation="RM1")
    said: list[str] = []
    wrong: list[str] = []
    clockwork.look(said.append, wrong.append)
    assert not wrong
    assert LevelReading.objects.exists()
    assert values.current_id() is not None
    stop_clock(NOW + timedelta(days=1))
    clockwork.look(said.append, wrong.append)
    assert not wrong
    assert Placing.objects.get(pk=placing.pk).state == "expired"
    assert any("holds of beds ended" in words for words in said)


def test_one_failure_is_said_and_the_rest_is_seen_to(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def fails(_: clockwork.Say) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(clockwork, "WORK", {"The levels": fails, "The rest": lambda say: seen.append("rest")})
    wrong: list[str] = []
    clockwork.look(lambda words: None, wrong.append)
    assert seen == ["rest"]
    assert wrong == ["The levels could not be seen to (the disk is full). Trying again."]
