"""The listener as a child of the server: `python -m wherry.web.feed.listener.child --parent PID --port 2575`.

It ends when its parent does, however that ends; what it had not acknowledged, the sender sends again.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

from wherry.web.elective.worker import follow


def start(port: int) -> subprocess.Popen[bytes]:
    """Start a listener for this machine alone that lives no longer than this process.

    If the port is taken it says so and ends, and the server goes on without it.
    """
    command = [sys.executable, "-m", "wherry.web.feed.listener.child", "--parent", str(os.getpid())]
    return subprocess.Popen([*command, "--port", str(port)], stdin=subprocess.DEVNULL)  # noqa: S603


def main() -> int:
    """Listen until the parent ends."""
    from wherry.errors import UserError
    from wherry.web.feed.listener import options

    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    options.add_options(parser)
    args = parser.parse_args()
    follow(args.parent)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wherry.web.config.settings")
    import django

    django.setup()
    from wherry.web.feed.listener import process

    try:
        process.listen(options.settings_of(args), args.every)
    except UserError as error:
        print(f"wherry: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
