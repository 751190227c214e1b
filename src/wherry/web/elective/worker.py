"""The worker of background tasks, as a child of the server: `python -m wherry.web.elective.worker --parent PID`.

It takes one task at a time from the database, and ends when its parent does, however that ends: on Linux the kernel
tells it, elsewhere it looks every second.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def start(parent: int | None = None) -> subprocess.Popen[bytes]:
    """Start a worker that lives no longer than a process: this one, unless another is named."""
    command = [sys.executable, "-m", "wherry.web.elective.worker", "--parent", str(parent or os.getpid())]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - our own module and a number


def follow(parent: int) -> None:
    """End this process when its parent has ended."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before we asked
        raise SystemExit(0)
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


def main() -> None:
    """Work until the parent ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    follow(parser.parse_args().parent)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wherry.web.config.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("db_worker", "--no-startup-delay", "--no-reload", "--verbosity", "0")


if __name__ == "__main__":
    main()
