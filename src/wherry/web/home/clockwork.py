"""What the clock alone brings about, seen to whether or not anybody has a page open.

`python -m wherry.web.home.clockwork --parent PID` is a child of the server and ends with it. Every half minute it keeps
escalation levels, ends holds of beds that ran out, raises alerts of virtual wards that nobody answered or sent readings
for, takes late discharge work to who is on duty, asks for this hour's forecast, and builds the values of measures anew.
Each is safe to repeat and safe beside a page that does the same.
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
Say = Callable[[str], None]


def start() -> subprocess.Popen[bytes]:
    """Start a clockwork that lives no longer than this process."""
    command = [sys.executable, "-m", "wherry.web.home.clockwork", "--parent", str(os.getpid())]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - our own module and a number


def levels(say: Say) -> None:
    """Keep the escalation level of each hour and each change."""
    from wherry.web.emergency import current, kept

    for reading in kept.keep(current.fresh().levels):
        low, high = reading.level_low, reading.level_high
        level = f"level {low}" if low == high else f"level {low} to {high}"
        say(f"{reading.at:%Y-%m-%d %H:%M} {reading.site}: {level}")


def holds(say: Say) -> None:
    """End holds of beds that ran out or whose patient has come."""
    from wherry.web.beds import placings
    from wherry.web.feed import clock

    if ended := placings.settle(clock.now()):
        say(f"{ended} holds of beds ended")


def alerts(say: Say) -> None:
    """Raise alerts of virtual wards, and pass on what nobody answered."""
    from wherry.web.virtual import watch
    from wherry.web.virtual.common import capacity

    if changed := watch.sweep(capacity().providers):
        say(f"{changed} alerts of virtual wards raised or passed on")


def escalations(say: Say) -> None:
    """Take late discharge work to a named person."""
    from wherry.web.discharge import escalations as discharge

    if made := discharge.sweep():
        say(f"{made} escalations of discharge work made")


def forecast(say: Say) -> None:
    """Ask for the forecast of this hour, where there is a history to make it from."""
    from wherry.hub import flow
    from wherry.web.outlook import jobs

    if flow.current_id() is None:
        return
    row, made = jobs.ask()
    if made:
        say(f"Forecast asked for, as at {row.as_at:%Y-%m-%d %H:%M}")


def measures(say: Say) -> None:
    """Build the values of measures where what they are counted from has changed."""
    from wherry.web.measures import sources

    sources.rebuild(say)


def evaluations(say: Say) -> None:
    """Judge what was fixed by the newest values of measures, once for each set of values."""
    from wherry.web.evaluation import services as evaluation

    if made := evaluation.judge_all():
        say(f"{made} evaluations judged by the newest values")


#: Everything that is seen to, by the name that a failure is said with.
WORK: dict[str, Callable[[Say], None]] = {
    "The levels": levels,
    "The holds of beds": holds,
    "The alerts of virtual wards": alerts,
    "The discharge escalations": escalations,
    "The forecast": forecast,
    "The evaluations": evaluations,
    "The measures": measures,
}


def look(say: Say, complain: Say) -> None:
    """See to everything once. What fails is said; the rest is seen to all the same, and it is tried again next time."""
    from django.db import close_old_connections

    for name, work in WORK.items():
        try:
            work(say)
        except Exception as error:
            complain(f"{name} could not be seen to ({error}). Trying again.")
            close_old_connections()


def go_on(every: float, say: Say, complain: Say) -> None:
    """Look again and again."""
    from django.db import close_old_connections

    while True:
        look(say, complain)
        time.sleep(every)
        close_old_connections()


def main() -> None:
    """Look until the parent ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    follow(parser.parse_args().parent)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wherry.web.config.settings")
    import django

    django.setup()
    go_on(EVERY_SECONDS, lambda words: None, lambda words: print(words, file=sys.stderr, flush=True))


if __name__ == "__main__":
    main()
