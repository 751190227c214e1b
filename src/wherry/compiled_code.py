"""Where compiled loops are kept: in a folder named after the program's files, so that no change meets old code.

Numba tells whether what it kept is out of date by the file of the function alone. A loop that calls a function of
another file would go on with the old one after an update, and give the old numbers. So whatever file of the program
changes, everything is compiled again, once.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

_HERE = Path(__file__).resolve().parent
#: How the names of our folders begin; a process that inherits one looks again, for the program may have changed.
_OURS = "compiled-"
#: Folders of earlier states that are left, for a program that still runs from them.
_LEFT = 2


def state(files: Iterable[Path]) -> str:
    """A short name for the state of some files: their names, sizes and times of change."""
    digest = hashlib.blake2b(digest_size=8)
    for file in sorted(files):
        at = file.stat()
        digest.update(f"{file}\0{at.st_size}\0{at.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def keep_apart(package: Path = _HERE) -> Path | None:
    """Have Numba keep what it compiles in a folder of this state of the program; None if that cannot be, or is set."""
    if not Path(os.environ.get("NUMBA_CACHE_DIR", _OURS)).name.startswith(_OURS):
        return None
    parent = package / "__pycache__"
    folder = parent / f"{_OURS}{state(package.rglob('*.py'))}"
    try:
        new = not folder.is_dir()
        folder.mkdir(parents=True, exist_ok=True)
        if new:
            _sweep(parent, folder)
    except OSError:  # a program that may not write beside itself: Numba keeps nothing, or elsewhere
        return None
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    if "numba" in sys.modules:
        import numba

        numba.config.CACHE_DIR = str(folder)
    return folder


def _sweep(parent: Path, folder: Path) -> None:
    """Remove the folders of earlier states but the last few."""
    earlier = [path for path in parent.glob(f"{_OURS}*") if path != folder]
    for path in sorted(earlier, key=lambda path: path.stat().st_mtime, reverse=True)[_LEFT:]:
        shutil.rmtree(path, ignore_errors=True)
