"""A process that builds and is killed: run as a script, it forks a build for each line that it is sent.

A line is `extracts hub seconds operation`. The build dies by SIGKILL after so many seconds, or at the operation-th time
that it syncs, renames or replaces a file (0: never), whichever comes first. The answer is how it ended.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def die_at(operation: int) -> None:
    """Make this process kill itself at one of its changes to the file system."""
    seen = 0

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            nonlocal seen
            seen += 1
            if seen == operation:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **options)

        return call

    for name in ("fsync", "rename", "replace", "unlink", "rmdir"):
        setattr(os, name, counted(getattr(os, name)))


def main() -> None:
    from hub_link import build_small

    import wherry.hub.linkage
    import wherry.hub.snapshot  # noqa: F401  (everything is imported once, here, and not in each fork)

    print("ready", flush=True)
    for line in sys.stdin:
        extracts, hub, seconds, operation = line.rstrip("\n").split("\t")
        child = os.fork()
        if child == 0:
            try:
                if int(operation):
                    die_at(int(operation))
                build_small(Path(extracts), Path(hub))
            except BaseException as error:
                print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
                os._exit(1)
            os._exit(0)
        end = time.monotonic() + float(seconds)
        status = None
        while status is None:
            done, code = os.waitpid(child, os.WNOHANG)
            if done:
                status = code
            elif time.monotonic() > end:
                os.kill(child, signal.SIGKILL)
                status = os.waitpid(child, 0)[1]
            else:
                time.sleep(0.005)
        print("killed" if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}", flush=True)


if __name__ == "__main__":
    main()
