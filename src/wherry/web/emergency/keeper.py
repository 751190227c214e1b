"""The keeper of level readings, as a child of the server: `python -m wherry.web.emergency.keeper --parent PID`.

It looks every half minute and keeps what is due, whether or not anybody has a page open. It ends with its parent.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable

from wherry.web.elective.worker import follow

EVERY_SECONDS = 30.0


def start() -> subprocess.Popen[bytes]:
    """Start a keeper that lives no longer than this process."""
    command = [sys.executable, "-m", "wherry.web.emergency.keeper", "--parent", str(os.getpid())]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - our own module and a number


def look(say: Callable[[str], None]) -> None:
    """Keep what is due once. A database that does not answer is said, and looked at again next time."""
    from django.db import DatabaseError

    from wherry.web.emergency import current, kept

    try:
        made = kept.keep(current.fresh().levels)
    except DatabaseError as error:
        say(f"The levels could not be kept ({error}). Trying again.")
        return
    for reading in made:
        low, high = reading.level_low, reading.level_high
        level = f"level {low}" if low == high else f"level {low} to {high}"
        say(f"{reading.at:%Y-%m-%d %H:%M} {reading.site}: {level}")


def go_on(every: float, say: Callable[[str], None]) -> None:
    """Look again and again."""
    from django.db import close_old_connections

    while True:
        look(say)
        time.sleep(every)
        close_old_connections()


def main() -> None:
    """Keep until the parent ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    follow(parser.parse_args().parent)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wherry.web.config.settings")
    import django

    django.setup()
    go_on(EVERY_SECONDS, lambda words: None)


if __name__ == "__main__":
    main()
