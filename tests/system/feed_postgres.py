"""A PostgreSQL server of our own on a socket in a temporary folder, which may be killed: nothing else is touched."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Server:
    """The server. It may not run as root, so where we are root it runs as postgres."""

    folder: Path
    tools: Path
    url: str

    def run(self, *words: str) -> None:
        command = [str(self.tools / words[0]), *words[1:]]
        if os.getuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd="/")
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        settings = f"-c listen_addresses='' -c unix_socket_directories={self.folder}"
        log = str(self.folder / "log")
        data = f"{self.folder}/data"
        self.run("pg_ctl", "--pgdata", data, "--wait", "--timeout", "300", "--log", log, "-o", settings, "start")

    def stop_at_once(self) -> None:
        """As a power cut would, but for what the operating system still holds."""
        self.run("pg_ctl", "--pgdata", f"{self.folder}/data", "--mode", "immediate", "stop")


def tools() -> Path | None:
    """The folder of the newest server's programs, if there is one."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@contextmanager
def private_server(programs: Path) -> Iterator[Server]:
    """A server that is there for as long as the block; its data is on disk before a commit returns (fsync)."""
    folder = Path(tempfile.mkdtemp(prefix="wherry-postgres-"))
    owner = "postgres" if os.getuid() == 0 else getpass.getuser()
    if os.getuid() == 0:
        shutil.chown(folder, owner)
    folder.chmod(0o755)
    made = Server(folder, programs, f"postgresql://{owner}@/postgres?host={folder}")
    try:
        made.run("initdb", "--pgdata", f"{folder}/data", "--auth", "trust", "--encoding", "UTF8", "--no-sync")
        made.start()
        try:
            yield made
        finally:
            made.stop_at_once()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
