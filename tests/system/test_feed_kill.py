"""Kill the listener, or the database under it, at random moments: nothing acknowledged is lost, nothing kept twice."""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from feed_postgres import Server, private_server, tools
from feed_process import DUMP, LOAD, MIGRATE, Played, Process, day_of_messages, environment, play, python

VISITS, SEED = 75, 20260403


@dataclass(frozen=True)
class Day:
    """The messages, an empty database to begin from, and the state that an uninterrupted run reaches."""

    messages: dict[str, list[bytes]]
    empty: Path
    reached: Any

    @property
    def count(self) -> int:
        return sum(map(len, self.messages.values()))


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    """Made once: all messages kept in one transaction, in one process."""
    messages = day_of_messages(VISITS, SEED)
    empty, whole = tmp_path_factory.mktemp("empty"), tmp_path_factory.mktemp("whole")
    python(MIGRATE, environment(empty))
    shutil.copytree(empty, whole, dirs_exist_ok=True)
    rows = [(code, raw.decode()) for code, some in messages.items() for raw in some]
    reached = python(LOAD + DUMP, environment(whole), json.dumps(rows))
    assert len(reached["visits"]) == VISITS
    assert {row[3] for row in reached["kept"]} == {"applied"}
    return Day(messages, empty, reached)


def as_uninterrupted(day: Day, played: Played, env: dict[str, str]) -> None:
    """Every message was acknowledged, is there once, and all of them add up to the same."""
    for code, some in day.messages.items():
        assert played.acknowledged[code] == [raw.split(b"|")[9].decode() for raw in some]
    there = python(DUMP, env)
    assert there["kept"] == day.reached["kept"]
    assert there == day.reached


def moments(day: Day, number: int) -> list[int]:
    """After how many acknowledgements something happens."""
    return sorted(random.Random(SEED).sample(range(10, day.count - 10), number))


def test_the_listener_is_killed_and_started_again(day: Day, tmp_path: Path) -> None:
    shutil.copytree(day.empty, tmp_path / "data")
    env = environment(tmp_path / "data")
    process = Process(env, tmp_path / "log")
    process.start()

    def again() -> None:
        process.kill()
        process.start()

    played = play(process.port, day.messages, [(after, again) for after in moments(day, 3)])
    assert process.stop() == 0
    as_uninterrupted(day, played, env)
    assert "Stopped." in (tmp_path / "log").read_text()


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that may be killed: never the one that is named for other tests."""
    if not os.environ.get("WHERRY_TEST_POSTGRES"):
        pytest.skip("no PostgreSQL wanted: set WHERRY_TEST_POSTGRES")
    programs = tools()
    if programs is None:
        pytest.skip("no PostgreSQL server on this machine to be killed")
    with private_server(programs) as made:
        yield made


@pytest.mark.postgres
def test_the_database_is_killed_and_comes_back(day: Day, server: Server, tmp_path: Path) -> None:
    env = environment(tmp_path, server.url)
    python(MIGRATE, env)
    process = Process(env, tmp_path / "log")
    process.start()

    def gone() -> None:
        """Until somebody was refused: a listener that met it too late would not have met it at all."""
        said = len(process.log.read_text())
        server.stop_at_once()
        until = time.monotonic() + 300
        while " not kept: " not in process.log.read_text()[said:] and time.monotonic() < until:
            time.sleep(0.005)
        server.start()

    def both() -> None:
        process.kill()
        process.start()

    first, second, third = moments(day, 3)
    played = play(process.port, day.messages, [(first, gone), (second, both), (third, gone)])
    assert played.refusals > 0
    assert process.stop() == 0
    as_uninterrupted(day, played, env)
