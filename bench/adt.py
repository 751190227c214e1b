"""ADT messages the whole way: sent over MLLP, kept and applied, acknowledged; on SQLite and on PostgreSQL.

    python bench/adt.py [--visits 1500] [--json FILE]

A real listener process takes messages of three trusts (arrivals, moves, discharges, cancels, merges, repeats) from a
sender that checks every answer. First as integration engines can send (three connections, many messages on the way),
then as most do (twelve connections, each waiting for its answer). A commit is on disk before a message is acknowledged:
SQLite with synchronous=FULL, a PostgreSQL of our own with fsync on. What is kept is counted afterwards.

Peers in the same run: python-hl7 parsing the same messages and nothing else, its `hl7.mllp` server parsing and
acknowledging and keeping nothing, and hl7apy parsing if it is installed.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "tests" / "system"))

import feed_process  # noqa: E402
from feed_postgres import private_server, tools  # noqa: E402
from feed_process import DUMP, MIGRATE, Process, day_of_messages, environment, free_port, play, python  # noqa: E402

TARGET = 500
Messages = dict[str, list[bytes]]


def main() -> int:
    """Run all, print a table. Exit code 1 if a database is under the target when pipelined."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=1500)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    messages = day_of_messages(args.visits, 7)
    count = sum(map(len, messages.values()))
    found: dict[str, Any] = {"messages": count}
    found["python-hl7, parsing alone"] = _peer_parse(messages)
    found["hl7.mllp, parsing and acknowledging"] = _peer_mllp(messages)
    if importlib.util.find_spec("hl7apy") is not None:
        found["hl7apy, parsing alone"] = _peer_apy(messages)
    with tempfile.TemporaryDirectory(prefix="wherry-adt-") as name:
        found |= _ours("SQLite", Path(name), ("", ""), messages)
    programs = tools()
    if programs is not None:
        with tempfile.TemporaryDirectory(prefix="wherry-adt-") as name, private_server(programs) as server:
            server.run("createdb", "--host", str(server.folder), "again")
            urls = (server.url, server.url.replace("/postgres?", "/again?"))
            found |= _ours("PostgreSQL", Path(name), urls, messages)
    else:
        print("no PostgreSQL on this machine: left out")
    base = found["python-hl7, parsing alone"]
    for what, rate in found.items():
        if what != "messages":
            print(f"{what:<52}{rate:>8,.0f} messages/s   {rate / base:5.2f} of python-hl7 parsing alone")
    print(f"{count:,} messages of {args.visits:,} visits each time")
    if args.json:
        args.json.write_text(json.dumps(found, indent=1))
    slow = [what for what, rate in found.items() if "pipelined" in what and rate < TARGET]
    print(f"at least {TARGET} a second, kept, applied and acknowledged: {'NO: ' + ', '.join(slow) if slow else 'yes'}")
    return 1 if slow else 0


def _ours(name: str, root: Path, databases: tuple[str, str], messages: Messages) -> dict[str, float]:
    """The whole way, twice, each time to an empty database."""
    found = {}
    ways = {"pipelined": (messages, 200), "one at a time, 12 lines": (_lines(messages, 4), 1)}
    for (way, (sent, window)), database in zip(ways.items(), databases, strict=True):
        folder = root / str(window)
        folder.mkdir()
        env = environment(folder, database)
        python(MIGRATE, env)
        process = Process(env, folder / "log")
        process.start()
        feed_process.WINDOW = window
        try:
            began = time.perf_counter()
            played = play(process.port, sent, seconds=600)
            seconds = time.perf_counter() - began
        finally:
            code = process.stop()
        there = python(DUMP, env)
        count = sum(map(len, sent.values()))
        distinct = len({(code, raw) for code, some in messages.items() for raw in some})
        if (
            code
            or played.refusals
            or len(there["kept"]) != distinct
            or {row[3] for row in there["kept"]} != {"applied"}
        ):
            raise RuntimeError(f"{name}, {way}: not all was kept and applied")
        found[f"wherry on {name}, {way}"] = count / seconds
    return found


def _lines(messages: Messages, lines: int) -> Messages:
    """Each organisation's messages over several connections, a visit always over the same."""
    found: Messages = {}
    for code, some in messages.items():
        for raw in some:
            visit = int(raw.split(b"|")[9].decode().split("-")[1])
            found.setdefault(f"{code}/{visit // 3 % lines}", []).append(raw)
    return found


def _peer_parse(messages: Messages) -> float:
    import hl7

    texts = [raw.decode() for some in messages.values() for raw in some]
    began = time.perf_counter()
    for text in texts:
        hl7.parse(text)
    return len(texts) / (time.perf_counter() - began)


def _peer_apy(messages: Messages) -> float:
    from hl7apy.parser import parse_message

    texts = [raw.decode() for some in messages.values() for raw in some][:500]
    began = time.perf_counter()
    for text in texts:
        parse_message(text, find_groups=False)
    return len(texts) / (time.perf_counter() - began)


def _peer_mllp(messages: Messages) -> float:
    """python-hl7's own server: it parses, and acknowledges what it has kept nowhere."""
    port, loop, ready = free_port(), asyncio.new_event_loop(), threading.Event()

    async def answer(reader: Any, writer: Any) -> None:
        try:
            while message := await reader.readmessage():
                writer.writemessage(message.create_ack())
                await writer.drain()
        except asyncio.IncompleteReadError:
            pass
        writer.close()

    async def serve() -> None:
        from hl7.mllp import start_hl7_server

        await start_hl7_server(answer, host="127.0.0.1", port=port)
        ready.set()

    threading.Thread(target=lambda: (loop.run_until_complete(serve()), loop.run_forever()), daemon=True).start()
    ready.wait(10)
    began = time.perf_counter()
    play(port, messages, seconds=600)
    seconds = time.perf_counter() - began
    time.sleep(0.2)  # its connections end
    loop.call_soon_threadsafe(loop.stop)
    return sum(map(len, messages.values())) / seconds


if __name__ == "__main__":
    raise SystemExit(main())
