"""The artificial system at full scale: people, rows, seconds and peak memory.

    python bench/synthesise.py [--scale 1] [--seed 1] [--out DIR]

Each run is a process of its own, so that the peak is that of the generator alone. Wanted at scale 1 on two cores: under
60 seconds of wall clock and 2.5 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SECONDS, GIGABYTES = 60.0, 2.5


def main() -> int:
    """Run the command once and print what it took; 1 if a full run missed its limits."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="keep what was written here")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wherry-bench-") as spare:
        out = args.out or Path(spare) / "made"
        call = [sys.executable, "-c", "from wherry.cli import main; raise SystemExit(main())", "synthesise", "--quiet"]
        call += ["--scale", str(args.scale), "--seed", str(args.seed), "--out", str(out)]
        began = time.perf_counter()
        subprocess.run(call, check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e9
        manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
        size = sum(path.stat().st_size for path in (out / "extracts").rglob("*") if path.is_file())
    rows = sum(manifest["rows"].values())
    print(f"scale {args.scale:g}, seed {args.seed}, {os.cpu_count()} cores")
    print(f"people {manifest['people']:,}, patients {manifest['patients']:,}, pathways {manifest['pathways']:,}")
    print(f"rows {rows:,} in {len(manifest['rows'])} files, {size / 1e6:,.0f} MB")
    print(f"seconds {seconds:.1f} ({rows / seconds:,.0f} rows a second), peak {peak:.2f} GB")
    for code, counts in manifest["open_clocks"].items():
        print(f"{code}: {counts['recorded_open']:,} open clocks, {counts['truly_open']:,} of them rightly")
    missed = args.scale >= 1.0 and (seconds > SECONDS or peak > GIGABYTES)
    print(f"wanted at scale 1: {SECONDS:.0f} seconds, {GIGABYTES:g} GB: {'missed' if missed else 'kept'}")
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())
