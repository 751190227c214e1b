"""Make an artificial system and write what its trusts would send: `synthesise(system, scale, seed, out, census)`.

Same seed, scale and census give the same bytes. Extracts go to `extracts/<source>/`, the truth to `truth/`, and a
manifest beside them. Everything is written into a folder of its own first and moved into place at the end.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from wherry.errors import UserError
from wherry.progress import steps
from wherry.synthetic import arrow, truth
from wherry.synthetic.bookings import make_appointments, make_list_entries, make_referrals
from wherry.synthetic.demand import draw_people
from wherry.synthetic.elective import FEEDS as ELECTIVE
from wherry.synthetic.elective import Elective
from wherry.synthetic.events import make_events
from wherry.synthetic.feeds import (
    Feed,
    World,
    appointment_feed,
    event_feed,
    list_feed,
    opt_out_feed,
    patient_feed,
    referral_feed,
)
from wherry.synthetic.identities import hard_pairs, make_identities
from wherry.synthetic.inputs import Inputs, inputs_of
from wherry.synthetic.journeys import OPEN, day_number, make_journeys
from wherry.synthetic.layouts import Layout, read_layouts
from wherry.synthetic.people import make_people
from wherry.synthetic.streams import Streams
from wherry.synthetic.timeline import make_timeline
from wherry.synthetic.unreadable import spoil

FEEDS = ("patient", "referral", "event", "list_entry", "appointment")
_MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Made:
    """What was written: the folder, and its manifest."""

    folder: Path
    manifest: dict[str, Any]


def make_world(
    inputs: Inputs, scale: float, seed: int, census: date, national_codes: frozenset[str] = frozenset()
) -> World:
    """Everything in memory, before it is written. `scale` 1 is the whole system."""
    streams, today = Streams(seed), day_number(census)
    people = make_people(inputs, scale, streams, today)
    journeys = make_journeys(inputs, scale, streams, today)
    person = draw_people(inputs, people, journeys, streams)
    line = make_timeline(inputs, journeys, person, people, streams, today)
    pairs = hard_pairs(people, np.unique(line.person), streams)
    identities, number = make_identities(inputs, people, journeys, line, streams)
    events = make_events(journeys, line, streams, today)
    referrals = make_referrals(inputs, journeys, line, streams, today)
    entries = make_list_entries(inputs, journeys, line, streams, today)
    appointments = make_appointments(journeys, line, streams, today)
    return World(
        inputs=inputs,
        people=people,
        journeys=journeys,
        line=line,
        events=events,
        referrals=referrals,
        entries=entries,
        appointments=appointments,
        identities=identities,
        nhs_index=number,
        pairs=pairs,
        streams=streams,
        census=today,
        national_codes=national_codes,
    )


def synthesise(
    system: str, *, scale: float, seed: int, out: Path, census: date = date(2026, 1, 31), quiet: bool = False
) -> Made:
    """Write an artificial system. Raises UserError where a scale makes no sense or `out` holds something else."""
    if not 0.0005 <= scale <= 2.0:
        raise UserError(
            f"A scale of {scale:g} makes no system. Nothing was written. "
            "Choose between 0.0005 and 2; 1 is the whole system, 0.05 a twentieth."
        )
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not _ours(out))):
        raise UserError(f"{out} exists and is not an artificial system. It was left as it is. Choose another --out.")
    inputs = inputs_of(system)
    layouts = read_layouts(Path(inputs.template_folder))
    events = (found for (_, feed), found in layouts.items() if feed == "event")
    national = frozenset(found.source for found in events if "treatment_function" not in found.codes)
    fresh = out / ".new"
    shutil.rmtree(fresh, ignore_errors=True)
    with steps("Artificial system", 3 + len(inputs.trusts), quiet=quiet) as progress:
        progress.step("people and their pathways")
        world = make_world(inputs, scale, seed, census, national)
        log = truth.DirtLog()
        rows: dict[str, int] = {}
        elective = Elective(world) if any(feed in ELECTIVE for _, feed in layouts) else None
        for trust, code in enumerate(inputs.trusts):
            progress.step(f"extracts of {code}")

            def send(name: str, feed: Feed, layout: Layout, *, code: str = code, trust: int = trust) -> None:
                lines, spoilt = spoil(layout.lines(feed.columns), layout, name, feed, world, trust)
                path = fresh / "extracts" / code / layout.file_name(census)
                rows[f"{code}/{path.name}"] = write_lines(path, layout, lines)
                for kind, some in spoilt:
                    log.add(kind, code, name, arrow.rows(feed.key, some), some + 2)

            for name in FEEDS:
                layout = _layout(layouts, code, name)
                feed = _feed(world, trust, name, layout)
                send(name, feed, layout)
                if name == "event":
                    truth.log_events(world, trust, feed.key, log)
            for name, made in elective.feeds(trust) if elective else ():
                if (code, name) in layouts:
                    send(name, made.feed, layouts[code, name])
                    for kind, some in made.dirt:
                        log.add(kind, code, name, arrow.rows(made.feed.key, some))
        progress.step("opt-outs and the truth")
        for layout in (found for (_, name), found in layouts.items() if name == "opt_out"):
            feed = opt_out_feed(world)
            path = fresh / "extracts" / layout.source / layout.file_name(census)
            rows[f"{layout.source}/{path.name}"] = write_lines(path, layout, layout.lines(feed.columns))
        _write_truth(world, fresh / "truth", log)
        manifest = _manifest(world, system, scale, seed, census, rows, log)
        (fresh / _MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
        progress.step("done")
    _replace(out, fresh)
    return Made(out, manifest)


def _ours(out: Path) -> bool:
    """Whether a folder holds an artificial system, or one that was being written."""
    return any((out / part).exists() for part in (_MANIFEST, ".new", f"activity/{_MANIFEST}"))


def _replace(out: Path, fresh: Path) -> None:
    """Put the new parts in the place of the old ones; the manifest goes first and comes last. Other files stay."""
    (out / _MANIFEST).unlink(missing_ok=True)
    for part in ("extracts", "truth", _MANIFEST):
        shutil.rmtree(out / part, ignore_errors=True)
        (fresh / part).rename(out / part)
    fresh.rmdir()


def _layout(layouts: dict[tuple[str, str], Layout], source: str, feed: str) -> Layout:
    if (source, feed) not in layouts:
        raise UserError(
            f"No source template says how {source} sends {feed}. Nothing was written. Add {source}-{feed}.toml."
        )
    return layouts[source, feed]


def _feed(world: World, trust: int, name: str, layout: Layout) -> Feed:
    sites = layout.codes.get("site", {})
    match name:
        case "patient":
            return patient_feed(world, trust)
        case "referral":
            return referral_feed(world, trust)
        case "event":
            return event_feed(world, trust, sites)
        case "list_entry":
            return list_feed(world, trust)
        case _:
            return appointment_feed(world, trust, sites)


def write_lines(path: Path, layout: Layout, lines: arrow.Text) -> int:
    """Write header and lines in the layout's encoding; gives the number of lines without the header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    body = arrow.body(lines)
    with path.open("wb") as opened:
        if layout.byte_order_mark:
            opened.write(b"\xef\xbb\xbf")
        opened.write(layout.encode(layout.header() + "\n"))
        if layout.encoding in ("utf-8", "utf8"):
            opened.write(body)
        else:
            opened.write(layout.encode(str(body, "utf-8")))
    return len(lines)


def _write_truth(world: World, folder: Path, log: truth.DirtLog) -> None:
    folder.mkdir(parents=True)
    keys = truth.keys_of(world)
    truth.log_dirt(world, keys, log)
    truth.write(truth.people_table(world), folder / "people.parquet")
    truth.write(truth.identities_table(world), folder / "identities.parquet")
    truth.write(truth.pathways_table(world, keys), folder / "pathways.parquet")
    truth.write(truth.clocks_table(world, keys), folder / "clocks.parquet")
    truth.write(truth.pairs_table(world), folder / "hard_pairs.parquet")
    truth.write(log.table(), folder / "dirty_rows.parquet")


def _manifest(
    world: World, system: str, scale: float, seed: int, census: date, rows: dict[str, int], log: truth.DirtLog
) -> dict[str, Any]:
    open_ = world.journeys.kind == OPEN
    honest = truth.truly_open(world)
    by_trust = {
        code: {
            "recorded_open": int((open_ & (world.journeys.trust == trust)).sum()),
            "truly_open": int((honest & (world.journeys.trust == trust)).sum()),
        }
        for trust, code in enumerate(world.inputs.trusts)
    }
    return {
        "schema_version": 1,
        "system": system,
        "scale": scale,
        "seed": seed,
        "census": census.isoformat(),
        "artificial": True,
        "people": len(world.people),
        "patients": int((world.nhs_index >= 0).sum()),
        "identities": len(world.identities),
        "pathways": len(world.journeys),
        "open_clocks": by_trust,
        "rows": rows,
        "dirt": dict(sorted(log.counts.items())),
    }
