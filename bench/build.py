"""The whole build at full scale, beside DuckDB merely copying the same extracts to Parquet.

    python bench/build.py [--extracts DIR] [--scale 1] [--engine duckdb]

Without `--extracts` an artificial system of that scale is written first, which is not measured. Each side runs in a
process of its own; wall seconds and the peak of resident memory are those of the process.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_BUILD = """
import json, sys
from pathlib import Path
from wherry.hub.build import build
from wherry.waiting import derivations
result = build(Path(sys.argv[1]), hub=Path(sys.argv[2]), engine=sys.argv[3], derivations=derivations.ALL)
print(json.dumps(dict(result.rows)))
"""

_COPY = """
import json, sys
from pathlib import Path
import duckdb
from wherry.hub.inbox import Found, look
from wherry.hub.scan import first_line
from wherry.hub.templates import match, read_templates
from wherry.paths import system_dir
templates = read_templates(system_dir("norfolk-waveney") / "templates")
target = Path(sys.argv[2])
target.mkdir(parents=True)
con = duckdb.connect()
rows = 0
for found in look(Path(sys.argv[1]), target / "scratch"):
    if not isinstance(found, Found):
        continue
    template = match(found.name, first_line(found.path), templates).template
    if template is None:
        continue
    path = found.path
    if template.encoding != "utf-8":
        # DuckDB has no reader for this encoding without a download, so the copy is helped over it.
        path = target / "as-utf-8.txt"
        path.write_bytes(found.path.read_bytes().decode(template.encoding).encode())
    source = (
        f"read_csv('{path}', delim='{template.delimiter}', header=true, all_varchar=true, strict_mode=false, "
        f"null_padding=true, ignore_errors=true)"
    )
    copy = target / f"{found.sha256}.parquet"
    con.execute(f"COPY (SELECT * FROM {source}) TO '{copy}' (FORMAT parquet, COMPRESSION zstd)")
    rows += con.execute(f"SELECT count(*) FROM '{copy}'").fetchone()[0]
print(json.dumps({"rows": rows}))
"""


def measured(script: str, *arguments: str) -> tuple[float, float, dict[str, int]]:
    """Run a script; its wall seconds, its peak resident memory in GB, and the rows that it says it made."""
    started = time.perf_counter()
    with subprocess.Popen([sys.executable, "-c", script, *arguments], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if process.returncode:
        raise SystemExit(f"the measured process ended with {process.returncode}")
    return seconds, usage.ru_maxrss / 1e6, json.loads(said.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--extracts", type=Path, help="extracts to build from (made if not given)")
    parser.add_argument("--scale", default="1", help="share of the population of made extracts")
    parser.add_argument("--engine", default="duckdb", choices=("duckdb", "spark"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wherry-bench-", dir=os.environ.get("WHERRY_BENCH")) as folder:
        extracts = args.extracts
        if extracts is None:
            made = Path(folder) / "made"
            command = [
                "synthesise",
                "--system",
                "norfolk-waveney",
                "--scale",
                args.scale,
                "--seed",
                "1",
                "--out",
                str(made),
            ]
            subprocess.run([sys.executable, "-c", "from wherry.cli import main; main()", *command], check=True)
            extracts = made / "extracts"
        size = sum(path.stat().st_size for path in extracts.rglob("*") if path.is_file())
        copied = measured(_COPY, str(extracts), str(Path(folder) / "copy"))
        built = measured(_BUILD, str(extracts), str(Path(folder) / "hub"), args.engine)
    print(f"extracts                       {size / 1e6:>10,.0f} MB")
    print(f"DuckDB copies them to Parquet  {copied[0]:>10.1f} s   {copied[1]:>6.2f} GB   {copied[2]['rows']:>12,} rows")
    print(
        f"wherry hub build               {built[0]:>10.1f} s   {built[1]:>6.2f} GB   {sum(built[2].values()):>12,} rows"
    )
    print(f"ratio                          {built[0] / copied[0]:>10.1f}")
    print("target: build under 300 s and 8 GB at full scale")


if __name__ == "__main__":
    main()
