"""FHIR R4: resources a second into typed Arrow tables, beside fhir.resources parsing the same files.

    python bench/fhir.py [--data FILE-OR-FOLDER] [--rounds 7] [--json FILE]

Reads the Synthea bundles of the public data folder (`WHERRY_SHARED`, or `../shared/data`), unpacked to plain JSON files
first; where there are none, makes bundles of its own. Ours goes from files to all typed tables, hashes and lineage
included, and nothing validated; the peer goes from the same files to validated models (R4B). Each is the best of its
rounds in this one process; `json.loads` and `orjson.loads` alone are shown as floors.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import os
import random
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from wherry.hub import fhir

TARGET = 30_000

# This script has the name of the peer's package, and its folder comes first on the path.
_HERE = Path(__file__).resolve().parent
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != _HERE]


def bundles(folder: Path, data: Path | None) -> tuple[list[Path], str]:
    """Plain JSON files to read, and where they came from."""
    shared = Path(os.environ.get("WHERRY_SHARED", Path(__file__).resolve().parents[2] / "shared" / "data"))
    source = data if data is not None else shared / "synthea_r4_bundles"
    packed = sorted(source.glob("*.tar.gz")) if source.is_dir() else [source] if source.name.endswith(".tar.gz") else []
    for path in packed:
        with tarfile.open(path) as archive:
            archive.extractall(folder, filter="data")
    if packed:
        return sorted(folder.rglob("*.json")), "Synthea bundles"
    if source.is_dir():
        return sorted(source.rglob("*.json")), str(source.name)
    return made(folder), "bundles made here"


def made(folder: Path, people: int = 40, each: int = 250) -> list[Path]:
    """Bundles of one patient and their observations, where there are no others."""
    pick = random.Random(1)
    paths = []
    for person in range(people):
        entries: list[dict[str, Any]] = [{"resource": {"resourceType": "Patient", "id": f"p{person}"}}]
        for number in range(each):
            code = {
                "coding": [{"system": "http://loinc.org", "code": str(pick.randint(1, 9_999)), "display": "A test"}]
            }
            resource = {
                "resourceType": "Observation",
                "id": f"o{person}-{number}",
                "status": "final",
                "code": code,
                "subject": {"reference": f"Patient/p{person}"},
                "effectiveDateTime": f"20{pick.randint(10, 25)}-0{pick.randint(1, 9)}-12T10:20:30+00:00",
                "valueQuantity": {"value": round(pick.random() * 100, 2), "unit": "mmol/L"},
            }
            entries.append({"fullUrl": f"urn:uuid:o{person}-{number}", "resource": resource})
        path = folder / f"{person}.json"
        path.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}, indent=2))
        paths.append(path)
    return paths


def best(work: Callable[[], object], rounds: int) -> float:
    """Seconds of the fastest of several rounds."""
    times = []
    for _ in range(rounds):
        gc.collect()
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


def main() -> int:
    """Measure and print; exit code 1 if the target is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths, words = bundles(Path(folder), args.data)
        found = fhir.read(paths)
        size = sum(path.stat().st_size for path in paths)
        rows = found.rows_read
        print(f"{words}: {len(paths)} files, {rows:,} resources, {size / 1e6:.1f} MB", flush=True)
        print(f"{rows:,} rows read = {found.rows_published:,} published + {found.rows_quarantined:,} quarantined")
        seconds = {
            "wherry, into typed tables": best(lambda: fhir.read(paths), args.rounds),
            "orjson.loads alone": best(lambda: [orjson.loads(path.read_bytes()) for path in paths], args.rounds),
            "json.loads alone": best(lambda: [json.loads(path.read_bytes()) for path in paths], 2),
        }
        try:
            model: Any = importlib.import_module("fhir.resources.R4B.bundle").Bundle
        except ModuleNotFoundError:
            print("fhir.resources is not installed: no comparison")
        else:
            model.model_validate_json(paths[0].read_bytes())
            work = lambda: [model.model_validate_json(path.read_bytes()) and None for path in paths]  # noqa: E731
            seconds["fhir.resources, into models"] = best(work, 2)
    rates = {name: rows / time_taken for name, time_taken in seconds.items()}
    for name, rate in rates.items():
        print(f"{name:<32}{seconds[name]:>9.3f} s {rate:>12,.0f} resources a second")
    ours = rates["wherry, into typed tables"]
    if peer := rates.get("fhir.resources, into models"):
        print(f"{ours / peer:.1f} times the peer")
    print(f"target {TARGET:,} a second: {'met' if ours >= TARGET else 'MISSED'}")
    if args.json:
        args.json.write_text(json.dumps({"name": "fhir", "resources": rows, "per_second": rates, "target": TARGET}))
    return 0 if ours >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
