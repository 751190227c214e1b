"""Makes a full year of activity and writes the files that the trusts would send: `write(folder, system, seed)`.

The same system and seed give the same bytes. Everybody in it is artificial. It is always of full size.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from wherry.errors import UserError
from wherry.reference import system as systems
from wherry.reference.activity import MARKERS
from wherry.synthetic.activity import counted, figures
from wherry.synthetic.activity.admitted import admitted
from wherry.synthetic.activity.counted import Counted, second_share
from wherry.synthetic.activity.persons import Population
from wherry.synthetic.activity.spells import Spells
from wherry.synthetic.inputs import inputs_of
from wherry.synthetic.streams import Streams

MANIFEST = "manifest.json"


def has_figures(system: str) -> bool:
    """Whether a system says how much activity it has."""
    return (systems.load(system).folder / figures.FILE).is_file()


def write(folder: Path, system: str, *, seed: int = 1) -> dict[str, Any]:
    """Write `folder/<trust>/*.csv` and a manifest, which is given back. An older artificial year there is replaced.

    Raises UserError where the system says nothing of its activity, or the folder holds something else.
    """
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / MANIFEST).is_file())):
        raise UserError(f"{folder} exists and is no artificial year of activity. It was left as it is.")
    found = systems.load(system)
    known = figures.read(found.folder / figures.FILE, found.trusts)
    inputs = inputs_of(system)
    population, streams = Population(inputs), Streams(seed)
    fresh = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    rows: dict[str, int] = {}
    for place, trust in enumerate(inputs.trusts):
        sites = inputs.sites[place]
        spells = [*_placed(admitted(known, population, inputs.trusts, place, sites[0], streams), known, sites, streams)]
        tables = {"admitted": _admitted(trust, known.financial_year, spells)}
        for family, make in (
            ("outpatient", counted.outpatients),
            ("attendance", counted.attendances),
            ("diagnostic", counted.diagnostics),
        ):
            made = list(make(known, population, inputs.trusts, place, sites, streams))
            tables[family] = _counts(trust, known.financial_year, family, made)
        (fresh / trust).mkdir(parents=True)
        for family, table in tables.items():
            options = arrow_csv.WriteOptions(quoting_style="none")
            arrow_csv.write_csv(table, fresh / trust / f"{family}.csv", write_options=options)
            rows[f"{trust}/{family}.csv"] = table.num_rows
    manifest = {
        "schema_version": 1,
        "artificial": True,
        "system": system,
        "seed": seed,
        "financial_year": known.financial_year,
        "rows": rows,
    }
    (fresh / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)
    return manifest


def _placed(
    made: Iterator[Spells], known: figures.Figures, sites: tuple[str, ...], streams: Streams
) -> Iterator[Spells]:
    """Spells with those that a second site does taken to it."""
    for number, part in enumerate(made):
        rest = part
        for site in sites[1:]:
            share = np.array([second_share(known, site, part.kind, code) for code in np.unique(rest.function)])
            if share.any():
                chance = share[np.searchsorted(np.unique(rest.function), rest.function)]
                gone = streams("activity", site, number).random(len(rest)) < chance
                away = rest.of(gone)
                yield Spells(part.kind, site, away.function, away.who, away.nights, away.minutes, away.markers)
                rest = rest.of(~gone)
        yield rest


def _admitted(trust: str, year: str, parts: Sequence[Spells]) -> pa.Table:
    """A row a spell, without a count."""
    words = _marker_words()
    markers = np.concatenate([part.markers for part in parts])
    sizes = [len(part) for part in parts]
    size = sum(sizes)
    return pa.table(
        {
            "organisation": _same(trust, size),
            "site": _repeated([part.site for part in parts], sizes),
            "financial_year": _same(year, size),
            "kind": _repeated([part.kind for part in parts], sizes),
            "treatment_function": pa.array(np.concatenate([part.function for part in parts])),
            "age": np.concatenate([part.who.age for part in parts]),
            "sex": np.concatenate([part.who.sex for part in parts]),
            "imd_quintile": _known(np.concatenate([part.who.quintile for part in parts])),
            "nights": np.concatenate([part.nights for part in parts]),
            "theatre_minutes": np.concatenate([part.minutes for part in parts]),
            "markers": pa.DictionaryArray.from_arrays(markers.astype(np.int32), pa.array(words)).dictionary_decode(),
        }
    )


def _counts(trust: str, year: str, family: str, parts: Sequence[Counted]) -> pa.Table:
    sizes = [len(part.count) for part in parts]
    size = sum(sizes)
    what = {"outpatient": "treatment_function", "diagnostic": "test"}.get(family)
    columns: dict[str, Any] = {
        "organisation": _same(trust, size),
        "site": _repeated([part.site for part in parts], sizes),
        "financial_year": _same(year, size),
    }
    if family != "diagnostic":
        columns["kind"] = _repeated([part.kind for part in parts], sizes)
    if what:
        columns[what] = _repeated([part.what for part in parts], sizes)
    columns |= {
        "age": np.concatenate([part.who.age for part in parts]),
        "sex": np.concatenate([part.who.sex for part in parts]),
        "imd_quintile": _known(np.concatenate([part.who.quintile for part in parts])),
        "count": np.concatenate([part.count for part in parts]),
    }
    return pa.table(columns)


def _same(text: str, size: int) -> Any:
    return _repeated([text], [size])


def _repeated(texts: Sequence[str], sizes: Sequence[int]) -> Any:
    places = np.repeat(np.arange(len(texts), dtype=np.int32), sizes)
    return pa.DictionaryArray.from_arrays(places, pa.array(texts, pa.string())).dictionary_decode()


def _known(quintile: Any) -> Any:
    """Fifths with blanks where nobody knows."""
    return pa.array(quintile, mask=quintile == 0)


def _marker_words() -> list[str]:
    """Markers in words for every number that bits can make."""
    most = sum(MARKERS.values())
    return ["+".join(name for name, bit in MARKERS.items() if number & bit) for number in range(most + 1)]
