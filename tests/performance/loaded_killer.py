"""Loads that are killed: run as a script, so that the process that forks has no threads of other tests.

Its words are the folder of a system, a hub, a file of figures, a day, and a folder for copies of the hub. Into a copy
each, a load dies at the first, third, fifth ... change of the disk, until one lives to the end. Printed, a line each:
the copy's name and how its load ended.
"""

from __future__ import annotations

import os
import sys
from datetime import date
from pathlib import Path
from shutil import copytree

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "hub"))


def main() -> None:
    from counting_support import own_definitions
    from hub_killer import die_at

    from wherry.performance.measures import loaded
    from wherry.reference.system import load_folder

    folder, hub, path, copies = (Path(word) for word in (*sys.argv[1:4], sys.argv[5]))
    system, today = load_folder(folder), date.fromisoformat(sys.argv[4])
    with own_definitions():
        for operation in range(1, 40, 2):
            copy = copytree(hub, copies / f"hub{operation}")
            child = os.fork()
            if child == 0:
                try:
                    die_at(operation)
                    loaded.load([path], system, copy, today=today)
                    os._exit(0)
                finally:
                    os._exit(1)
            _, status = os.waitpid(child, 0)
            print(copy.name, "killed" if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}", flush=True)
            if os.WIFEXITED(status):
                return


if __name__ == "__main__":
    main()
