"""The worker of background tasks ends with the process that started it, however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

CHILD = """
import signal, sys
from wherry.web.elective import worker
worker.follow(int(sys.argv[1]))
print("following", flush=True)
signal.pause()
"""
PARENT = """
import os, signal, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1], str(os.getpid())], stdout=subprocess.PIPE, text=True)
child.stdout.readline()
print(child.pid, flush=True)
signal.pause()
"""


def lives(process: int) -> bool:
    """Whether a process runs; one that has ended and waits for its parent does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_worker_ends_with_a_parent_that_was_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, CHILD], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    try:
        assert lives(child)
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait(timeout=120)
        until = time.monotonic() + 120
        while lives(child) and time.monotonic() < until:
            time.sleep(0.05)
        assert not lives(child)
    finally:  # neither ends by itself
        parent.kill()
        parent.stdout.close()
        if lives(child):
            os.kill(child, signal.SIGKILL)


def test_a_worker_whose_parent_has_gone_already_does_not_start() -> None:
    done = subprocess.run([sys.executable, "-c", CHILD, "1"], capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout) == (0, "")
