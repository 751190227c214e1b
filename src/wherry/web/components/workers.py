"""Which process works on something, and whether it still lives: for long work that says who has it."""

from __future__ import annotations

import os
import socket


def here() -> str:
    """This process, as long work names its worker: host and process."""
    return f"{socket.gethostname()}:{os.getpid()}"


def gone(worker: str) -> bool:
    """Whether a worker of this host has ended. One on another host is not known here, so it is not gone.

    >>> gone(here()), gone("elsewhere:1"), gone("")
    (False, False, False)
    """
    host, _, process = worker.rpartition(":")
    return host == socket.gethostname() and process.isdigit() and not _lives(int(process))


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
