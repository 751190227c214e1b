"""Where things are kept: the working folder and the systems folder."""

from __future__ import annotations

import os
from pathlib import Path

from wherry.errors import UserError

_REPOSITORY = Path(__file__).resolve().parents[2]


def data_dir() -> Path:
    """The working folder (`WHERRY_DATA`, or `var` here): hub, published statistics, web database."""
    return Path(os.environ.get("WHERRY_DATA", "var")).resolve()


def hub_dir() -> Path:
    """The hub's own folder inside the working folder."""
    return data_dir() / "hub"


def systems_dir() -> Path:
    """The folder with one folder a system (`WHERRY_SYSTEMS`, `systems` here, or the repository's own)."""
    named = os.environ.get("WHERRY_SYSTEMS")
    candidates = [Path(named)] if named else [Path("systems"), _REPOSITORY / "systems"]
    for candidate in candidates:
        if candidate.is_dir():
            return candidate.resolve()
    raise UserError(f"No folder of systems at {candidates[0]}. Set WHERRY_SYSTEMS to the folder that holds them.")


def system_dir(name: str) -> Path:
    """The folder of one system, such as `norfolk-waveney`."""
    folder = systems_dir() / name
    if not (folder / "system.toml").is_file():
        known = sorted(path.parent.name for path in systems_dir().glob("*/system.toml"))
        raise UserError(f"No system called {name!r}. Known systems: {', '.join(known) or 'none'}.")
    return folder
