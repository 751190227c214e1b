"""What `wherry run` adds for an artificial system: its history, its opening position, and a player beside the server.

A hub of real people is left alone, and so is one that has messages which no played day has sent.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from wherry.errors import UserError

if TYPE_CHECKING:
    from wherry.synthetic.flow.story import Message

#: Messages of the opening position that are kept in one transaction.
_BATCH = 250


def prepare(system: str, seed: int, folder: Path) -> bool:
    """Give an artificial hub its history and its opening position, each once; whether a day can be played."""
    from wherry.hub import flow as history_store
    from wherry.synthetic.flow import settings
    from wherry.web import snapshot
    from wherry.web.feed import playing

    if not settings.has_figures(system) or not snapshot.is_artificial():
        return False
    begun = playing.state()
    fresh = (begun is None or begun.opened_at is None) and not playing.has_messages()
    wanted = history_store.current_id() is None
    if not fresh and not wanted:
        return begun is not None and begun.opened_at is not None
    from wherry.progress import steps
    from wherry.synthetic.flow import history
    from wherry.synthetic.flow.calendar import LONDON
    from wherry.synthetic.flow.story import tell
    from wherry.web.discharge import artificial

    opened = begun.opened_at if begun is not None and begun.opened_at is not None else None
    if opened is None:
        opened = datetime.combine(datetime.now(LONDON).date(), time(), LONDON).astimezone(UTC)
    with steps("Live position", 5) as progress:
        progress.step("twenty-six weeks of artificial hospital life")
        story = tell(settings.load(system), seed=seed, opening=opened, days=1)
        if wanted:
            progress.step("history")
            history.write(story.run, story.opening, folder / "flow-history")
            history_store.load(folder / "flow-history", system=system)
        if fresh:
            progress.step("who is here, in which bed")
            messages = story.opening_position()
            progress.step(f"{len(messages):,} messages of the opening position")
            _take(messages)
            playing.begin(system=system, seed=seed, opened_at=opened, speed=1.0)
            progress.step("what their teams have recorded")
            artificial.invent(seed=seed)
    return True


def _take(messages: list[Message]) -> None:
    from wherry.web.feed import store
    from wherry.web.feed.arrived import Arrived

    now = datetime.now(UTC)
    arrived = [Arrived(one.sender, one.control_id, "file", now, one.raw) for one in messages]
    for place in range(0, len(arrived), _BATCH):
        store.take(arrived[place : place + _BATCH])


def free(port: int) -> bool:
    """Whether nobody listens on a port of this machine: only then is the listener there ours."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def start_player(port: int) -> subprocess.Popen[bytes]:
    """Start a player that lives no longer than this process and sends to the listener on a port of this machine."""
    command = [sys.executable, "-m", "wherry.cli.run_flow", "--parent", str(os.getpid()), "--port", str(port)]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - our own module and two numbers


def main() -> int:
    """Play as it happens until the parent ends."""
    from wherry.cli import main as command_line

    try:
        return command_line(["flow", "play", "--quiet", *sys.argv[1:]])
    except UserError as error:
        print(f"wherry: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    raise SystemExit(main())
