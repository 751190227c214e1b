"""The walls between rooms: who may import whom; and what the benches, which no test runs, take from them."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "wherry"
SHARED = {"errors", "paths", "progress"}
MAY_IMPORT = {
    "reference": set(),
    "synthetic": {"reference"},
    "hub": {"reference"},
    "waiting": {"reference", "hub"},
    "flow": {"reference", "hub"},
    "planning": {"reference", "hub", "waiting"},
    "performance": {"reference", "hub", "waiting", "flow", "planning"},
}


def _rooms_imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module] if node.module != "wherry" else [f"wherry.{alias.name}" for alias in node.names]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("wherry.")}
    return found


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_room_imports_only_what_it_may(room: str) -> None:
    modules = list((SOURCE / room).rglob("*.py"))
    assert modules
    for module in modules:
        strangers = _rooms_imported(module) - MAY_IMPORT[room] - SHARED - {room}
        assert not strangers, f"{module.relative_to(SOURCE)} imports {', '.join(sorted(strangers))}"


def test_only_web_and_the_command_line_know_django() -> None:
    for module in SOURCE.rglob("*.py"):
        if module.relative_to(SOURCE).parts[0] in {"web", "cli"}:
            continue
        tree = ast.parse(module.read_text(encoding="utf-8"))
        names = [
            alias.name if isinstance(node, ast.Import) else (node.module or "")
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        ]
        assert not [name for name in names if name.split(".")[0] == "django"], module


@pytest.mark.parametrize("bench", sorted((SOURCE.parents[1] / "bench").glob("*.py")), ids=lambda path: path.stem)
def test_what_a_bench_takes_is_there(bench: Path) -> None:
    for node in ast.walk(ast.parse(bench.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "wherry":
            module = importlib.import_module(str(node.module))
            for alias in node.names:
                assert hasattr(module, alias.name) or importlib.import_module(f"{node.module}.{alias.name}")
