"""A real listener process, senders that send again what was not acknowledged, and what is in the database after."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from wherry.web.feed.listener.mllp import Block, Decoder, frame

START = datetime(2026, 4, 3, 6, tzinfo=UTC)
SITES = {"RM1": "RM102", "RGP": "RGP75", "RCX": "RCX70"}
#: Messages of a sender that are on the way at once.
WINDOW = 12


def day_of_messages(visits: int, seed: int) -> dict[str, list[bytes]]:
    """Messages by organisation, in the order in which each sends: arrivals, moves, discharges, cancels, repeats."""
    draw = random.Random(seed)
    made: dict[str, list[tuple[datetime, bytes]]] = {code: [] for code in SITES}
    for visit in range(visits):
        organisation = list(SITES)[visit % 3]
        at = START + timedelta(minutes=draw.randrange(600))
        steps: list[tuple[str, str, str]] = [("A04", "E", f"ED^WAIT^{visit}"), ("A08", "E", f"ED^WAIT^{visit}")]
        if draw.random() < 0.8:
            steps += [("A01", "I", f"AMU^A^{visit}"), ("A02", "I", f"M1^A^{visit}")]
            steps += [("A12", "I", f"AMU^A^{visit}")] * (draw.random() < 0.2)
            steps += [("A03", "I", f"M1^A^{visit}")] * (draw.random() < 0.6)
            steps += [("A13", "I", f"M1^A^{visit}")] * (draw.random() < 0.1)
        for number, (trigger, kind, place) in enumerate(steps):
            at += timedelta(minutes=draw.randrange(1, 90))
            raw = _message(organisation, f"{visit}-{number}", trigger, kind, place, visit, at)
            made[organisation] += [(at, raw)] * (2 if draw.random() < 0.05 else 1)
        if visit % 15 == 14:
            raw = _message(organisation, f"{visit}-m", "A40", "I", "", visit, at)
            made[organisation].append((at, raw + f"MRG|P{visit - 3}\r".encode()))
    return {code: [raw for _, raw in sorted(rows, key=lambda row: row[0])] for code, rows in made.items()}


def _message(organisation: str, number: str, trigger: str, kind: str, place: str, visit: int, at: datetime) -> bytes:
    moment = f"{at:%Y%m%d%H%M%S}+0000"
    head = f"MSH|^~\\&|PAS|{organisation}|WHERRY|ICB|{moment}||ADT^{trigger}|{organisation}-{number}|P|2.4\r"
    who = f"PID|1||P{visit}^^^{organisation}^MR||PERSON{visit}^Test||19500101|F\r"
    stay = f"PV1|1|{kind}|{place}^{SITES[organisation]}|E||||||300|||||||||V{visit}\r" if place else ""
    return f"{head}EVN|{trigger}|{moment}||||{moment}\r{who}{stay}".encode()


def environment(folder: Path, database: str = "") -> dict[str, str]:
    """The environment of a process that works in this folder, on SQLite or on the PostgreSQL named."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "DJANGO", "PG", "WHERRY_DATABASE"))}
    more = {"WHERRY_DATABASE_URL": database} if database else {}
    return {**kept, **more, "WHERRY_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "wherry.web.config.settings"}


def python(code: str, env: dict[str, str], given: str = "") -> Any:
    """Run a few lines with Django ready; what they print is JSON."""
    ready = "import django, json, sys\ndjango.setup()\n"
    done = subprocess.run(
        [sys.executable, "-c", ready + code], env=env, input=given, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout or "null")


MIGRATE = "from django.core.management import call_command\ncall_command('migrate', verbosity=0)\n"
#: Keep everything at once, without a listener: the state to be reached.
LOAD = """
from datetime import UTC, datetime
from wherry.web.feed import store
from wherry.web.feed.arrived import Arrived
rows = [(sender, text.encode()) for sender, text in json.load(sys.stdin)]
store.take([Arrived(f"{s}|PAS", r.split(b"|")[9].decode(), "mllp", datetime.now(UTC), r) for s, r in rows])
"""
#: What the messages add up to, and how often each is there.
DUMP = """
from wherry.web.feed.models import Message, Patient, Stay, Visit
def rows(model, *without):
    names = [f.attname for f in model._meta.concrete_fields if f.attname not in without]
    return sorted([str(x) for x in row] for row in model.objects.values_list(*names))
kept = sorted(Message.objects.values_list("sender__code", "control_id", "digest", "state"))
print(json.dumps({"kept": kept, "visits": rows(Visit), "stays": rows(Stay, "id"), "patients": rows(Patient)}))
"""


def held_port() -> socket.socket:
    """A socket that keeps a port from everybody but a listener, whose own may share it (SO_REUSEADDR)."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    return holder


@dataclass
class Process:
    """The listener. `kill` ends it as a power cut would."""

    env: dict[str, str]
    log: Path
    holder: socket.socket = field(default_factory=held_port)
    running: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        return int(self.holder.getsockname()[1])

    def start(self) -> None:
        command = [sys.executable, "-c", "from wherry.cli import main; raise SystemExit(main())", "flow", "listen"]
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                [*command, "--port", str(self.port)], env=self.env, stdout=log, stderr=subprocess.STDOUT
            )
        until = time.monotonic() + 300
        while time.monotonic() < until and self.running.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(self.log.read_text()[-3000:])

    def kill(self) -> None:
        assert self.running is not None
        self.running.send_signal(signal.SIGKILL)
        self.running.wait(120)

    def stop(self) -> int:
        """End it as an administrator would; its exit code."""
        assert self.running is not None
        self.running.send_signal(signal.SIGTERM)
        return self.running.wait(120)


@dataclass
class Played:
    """What the senders were told: the acknowledged messages, by organisation, and how many answers were refusals."""

    acknowledged: dict[str, list[str]]
    refusals: int


def play(
    port: int,
    messages: dict[str, list[bytes]],
    disturb: Sequence[tuple[int, Callable[[], None]]] = (),
    seconds: float = 600,
) -> Played:
    """Send it all, a connection an organisation; after so many acknowledgements in all, disturb.

    A sender that loses its connection, or is refused, connects again and sends what was not acknowledged.
    """
    told: dict[str, list[str]] = {code: [] for code in messages}
    refusals, troubles = [0], list[BaseException]()
    lock = threading.Lock()

    def run(organisation: str) -> None:
        left = list(messages[organisation])
        try:
            until = time.monotonic() + seconds
            while left and time.monotonic() < until:
                try:
                    _talk(port, organisation, left, told, refusals, lock)
                except OSError:
                    time.sleep(0.05)
            assert not left, f"{organisation}: {len(left)} messages were never acknowledged"
        except BaseException as error:
            troubles.append(error)

    threads = [threading.Thread(target=run, args=(code,)) for code in messages]
    for thread in threads:
        thread.start()
    for after, what in disturb:
        while sum(map(len, told.values())) < after and any(thread.is_alive() for thread in threads):
            time.sleep(0.002)
        what()
    for thread in threads:
        thread.join(seconds + 30)
    if troubles:
        raise troubles[0]
    return Played(told, refusals[0])


def _talk(
    port: int,
    organisation: str,
    left: list[bytes],
    told: dict[str, list[str]],
    refusals: list[int],
    lock: threading.Lock,
) -> None:
    """One connection, until all is acknowledged or it ends. Answers come in order and name their message."""
    decoder, sent, waiting = Decoder(100_000), 0, list[str]()
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        while left:
            while sent < len(left) and len(waiting) < WINDOW:
                line.sendall(frame(left[sent]))
                waiting.append(left[sent].split(b"|")[9].decode())
                sent += 1
            piece = line.recv(65536)
            if not piece:
                raise ConnectionError
            for block in decoder.feed(piece):
                assert isinstance(block, Block)
                _, code, number, *_ = block.raw.decode().split("\r")[1].split("|")
                assert number == waiting.pop(0), "an answer names another message than the one it answers"
                if code != "AA":
                    with lock:
                        refusals[0] += 1
                    raise ConnectionError
                left.pop(0)
                sent -= 1
                with lock:
                    told[organisation].append(number)
