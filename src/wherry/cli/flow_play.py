"""`wherry flow play`: an artificial day, sent to a listener at any speed (docs/artificial-system.md)."""

from __future__ import annotations

import argparse
import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import TYPE_CHECKING

from wherry.cli.flow_sides import Sides
from wherry.errors import UserError
from wherry.synthetic.flow.calendar import LONDON

if TYPE_CHECKING:
    from wherry.cli.flow_lines import Line
    from wherry.synthetic.flow.story import Message, Story

#: Days that are made ready at a time, and how long before their end the next ones are.
DAYS_AT_A_TIME, MORE_BEFORE_END = 3, timedelta(hours=8)
_WINDOW = 50
#: Side feeds are handed over so often; after a restart those of the last minutes come again, and change nothing.
_SIDES_EVERY_SECONDS, _SIDES_AGAIN_SECONDS = 15, 600


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `flow play`."""
    play = commands.add_parser("play", help="send an artificial day to a listener, at any speed")
    play.add_argument("--system", default="norfolk-waveney")
    play.add_argument("--seed", type=int, default=None, help="1, or that of the day that has begun")
    play.add_argument("--on", type=date.fromisoformat, default=None, metavar="DAY", help="the day (today)")
    play.add_argument("--from", dest="begin", type=time_of_day.fromisoformat, metavar="HH:MM", help="from when (00:00)")
    play.add_argument("--hours", type=float, default=None, help="stop after so many hours (without: never)")
    play.add_argument("--speed", type=float, default=None, help="played seconds a second (1: as it happens)")
    play.add_argument("--at-once", action="store_true", help="as fast as the listener takes it; needs --hours")
    play.add_argument("--host", default="127.0.0.1")
    play.add_argument("--port", type=int, default=2575)
    play.add_argument("--folder", type=Path, default=None, help="also write history, messages, side feeds and truth")
    play.add_argument("--check", action="store_true", help="at the end, compare what the feed shows with the truth")
    play.add_argument("--no-sides", action="store_true", help="messages only: no ambulances, calls or virtual wards")
    play.add_argument("--quiet", action="store_true", help="say nothing while all is well")
    play.add_argument("--parent", type=int, default=None, help=argparse.SUPPRESS)
    play.set_defaults(run=_play)


def _play(args: argparse.Namespace) -> int:
    from wherry.cli.flow import django_ready

    if args.at_once and args.hours is None:
        raise UserError("--at-once needs --hours: an artificial flow has no end. Nothing was sent.")
    if args.parent is not None:
        from wherry.web.elective import worker

        worker.follow(args.parent)
    django_ready()
    player = Player(args)
    if args.folder is not None:
        from wherry.synthetic.flow import folder

        folder.write(player.story, args.folder, _seconds(player.until))
        print(f"The day is in {args.folder}.", flush=True)
    try:
        player.play()
    except KeyboardInterrupt:
        print("Stopped. What was acknowledged is kept; the same command goes on from there.")
    return player.check() if args.check else 0


class Player:
    """Plays one story: three lines, one clock."""

    def __init__(self, args: argparse.Namespace) -> None:
        from wherry.synthetic.flow import settings
        from wherry.web.feed import playing

        playing.refuse_real_people()
        self.args = args
        before = playing.state()
        self.new = before is None or before.opened_at is None
        if before is not None and before.opened_at is not None:
            self._must_be_the_same(args, before.opened_at, before.seed)
            self.opened, self.seed, system = before.opened_at, before.seed, before.system
            self.told = before.told_until or before.opened_at
        else:
            if playing.has_messages():
                raise UserError(
                    "There are messages in the feed that no played day has sent: a played day would mix with them. "
                    "Nothing was sent. Use an empty working folder (WHERRY_DATA)."
                )
            day = args.on or datetime.now(LONDON).date()
            self.opened = datetime.combine(day, args.begin or time_of_day(), LONDON).astimezone(UTC)
            self.seed, system = 1 if args.seed is None else args.seed, args.system
            self.told = self.opened
        self.system = system
        self.flow = settings.load(system)
        self.until = self.told + timedelta(hours=args.hours) if args.hours is not None else None
        self.days = 0
        self.story = self._tell(max(self.told, self.until or datetime.now(UTC)))
        self.handed = _seconds(self.told)
        self.lines: dict[str, Line] = {}
        self.sides = Sides(max(self.handed - _SIDES_AGAIN_SECONDS, _seconds(self.opened)))

    @staticmethod
    def _must_be_the_same(args: argparse.Namespace, opened: datetime, seed: int) -> None:
        local = opened.astimezone(LONDON)
        other = (args.seed is not None and args.seed != seed) or (args.on is not None and args.on != local.date())
        if other or (args.begin is not None and args.begin != local.time()):
            raise UserError(
                f"A day that opened at {local:%H:%M} on {local:%d %B %Y} with seed {seed} is played already, and "
                "this would be another. Nothing was sent. Leave out --on, --from and --seed to go on with it, or use "
                "an empty working folder (WHERRY_DATA)."
            )

    def _tell(self, at: datetime) -> Story:
        """The story with some days beyond a moment."""
        from wherry.synthetic.flow.story import tell

        days = (at.astimezone(LONDON).date() - self.opened.astimezone(LONDON).date()).days + 1
        self.days = days if self.until is not None else days + DAYS_AT_A_TIME - 1
        return tell(self.flow, seed=self.seed, opening=self.opened, days=self.days)

    def play(self) -> None:
        """Send everything, to the end or for ever."""
        from wherry.web.feed import playing

        self._connect()
        if self.new:
            self._opening()
        if self.told == self.opened:
            self.sides.opening(self.story)
        given = (self.args.speed, self.args.begin, self.args.on)
        as_it_happens = given == (None, None, None) and not self.args.at_once  # what is past by now goes at once
        begin = None if as_it_happens else self.told
        found = playing.begin(
            system=self.system,
            seed=self.seed,
            opened_at=self.opened,
            from_at=begin,
            speed=self.args.speed or 1.0,
            told_until=self.told,
        )
        self.clock_from, self.clock_real, self.speed = (
            _seconds(found.from_at),
            found.started_at.timestamp(),
            found.speed,
        )
        if self.args.at_once:
            playing.stop(self.told)
        try:
            self._go()
        finally:
            for line in self.lines.values():
                line.finished.set()

    def _connect(self) -> None:
        from wherry.cli.flow_lines import Line
        from wherry.synthetic.flow.wording import APPLICATION

        for trust in self.flow.inputs.trusts:
            line = Line(self.args.host, self.args.port, lambda one: self._due(one.delivered), window=_WINDOW)
            self.lines[f"{trust}|{APPLICATION}"] = line
            line.start()

    def _opening(self) -> None:
        """Send the opening position, at once."""
        self.clock_from, self.clock_real, self.speed = _seconds(self.opened), time.time(), 1.0
        found = self.story.opening_position()
        if not self.args.quiet:
            print(f"Opening position of {self.opened.astimezone(LONDON):%H:%M on %d %B %Y}: {len(found):,} messages.",
                  flush=True)  # fmt: skip
        self._hand(found)
        self._wait()

    def _hand(self, messages: list[Message]) -> None:
        by: dict[str, list[Message]] = {}
        for message in messages:
            by.setdefault(message.sender, []).append(message)
        for sender, some in by.items():
            self.lines[sender].add(some)

    def _due(self, delivered: int) -> float:
        """Real seconds until a message is to go."""
        if self.args.at_once:
            return 0.0
        return (delivered - self.clock_from) / self.speed - (time.time() - self.clock_real)

    def played(self) -> int:
        """What time it is in the played day, as seconds since 1970."""
        end = _seconds(self.until) if self.until is not None else 1 << 60
        if self.args.at_once:
            return end
        return min(int(self.clock_from + (time.time() - self.clock_real) * self.speed), end)

    def _go(self) -> None:
        """Hand out messages an hour ahead of the clock, keep the bookmark, and make more days when they run out.

        Side feeds are handed over as they become known: what a listener that is away has not got yet goes later.
        """
        from wherry.web.feed import playing

        last = said = given = 0.0
        while True:
            now = self.played()
            end = _seconds(self.until) if self.until is not None else self.story.run.until
            ahead = min(now + 3600, end)
            if ahead > self.handed:
                self._hand(list(self.story.messages(self.handed, ahead)))
                self.handed = ahead
            if time.time() - last > 2:
                last = time.time()
                self._bookmark()
            if time.time() - given > _SIDES_EVERY_SECONDS and not self.args.at_once and not self.args.no_sides:
                given = time.time()
                self.sides.give(self.story, now)
            if time.time() - said > 60:
                said = time.time()
                self._say(now)
            if self.until is not None and self.handed >= end and now >= end:
                self._wait()
                self._bookmark()
                playing.stop(self.until)
                if not self.args.no_sides:
                    self.sides.give(self.story, end - 1)
                self._say(end)
                return
            if self.until is None and now > self.story.run.until - MORE_BEFORE_END.total_seconds():
                self.story = self._tell(_moment(self.story.run.until + 60))
            time.sleep(0.05 if self.args.at_once or self.speed > 60 else 0.5)

    def _wait(self) -> None:
        """Until every message is acknowledged."""
        said = time.time()
        while any(line.waiting() for line in self.lines.values()):
            time.sleep(0.02)
            if time.time() - said > 15:
                said = time.time()
                self._say(self.handed)

    def _bookmark(self) -> None:
        """Everything that is sent before this moment has been acknowledged."""
        from django.db import OperationalError

        from wherry.web.feed import playing

        oldest = [moment for line in self.lines.values() if (moment := line.oldest()) is not None]
        told = min([self.handed, *oldest])
        if told > _seconds(self.told):
            try:
                playing.told(_moment(told))
            except OperationalError:  # the database is busy: the next bookmark does as well
                return
            self.told = _moment(told)

    def _say(self, now: int) -> None:
        if self.args.quiet:
            return
        sent = sum(line.acknowledged for line in self.lines.values())
        trouble = "; ".join(dict.fromkeys(line.trouble for line in self.lines.values() if line.trouble))
        local = _moment(now).astimezone(LONDON)
        sides = "" if self.args.no_sides else f"; {self.sides.words()}"
        print(f"{local:%H:%M on %d %B}: {sent:,} messages acknowledged{sides}{'; ' + trouble if trouble else ''}",
              flush=True)  # fmt: skip

    def check(self) -> int:
        """Compare the live position with the truth; 0 where it is exact."""
        from wherry.web.feed import playing

        expected = self.story.truth(_seconds(self.told))
        found = playing.differences(expected)
        print(
            f"{len(expected):,} visits compared with the truth at {self.told.isoformat()}: {len(found):,} differences."
        )
        for sentence in found[:20]:
            print(f"  {sentence}")
        return 1 if found else 0


def _seconds(at: datetime | None) -> int:
    return int(at.timestamp()) if at is not None else 1 << 60


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
