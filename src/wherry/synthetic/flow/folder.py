"""A played day as files: history, opening position, messages, side feeds and the truth after it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from wherry.synthetic.flow import ambulance, calls, history, side, truth, virtual
from wherry.synthetic.flow.story import Story


def write(story: Story, folder: Path, until: int) -> None:
    """Write everything up to a moment (or the end of the story) into a folder; files of the same names are replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    until = min(until, story.run.until)
    history.write(story.run, story.opening, folder / "history")
    opening = story.opening_position()
    (folder / "opening.hl7").write_bytes(b"\n".join(message.raw for message in opening))
    messages = story.messages(story.opening, until)
    (folder / "messages.hl7").write_bytes(b"\n".join(message.raw for message in messages))
    with (folder / "messages.jsonl").open("w", encoding="utf-8", newline="\n") as out:
        for message in messages:
            row = {
                "sent_at": message.delivered,
                "sender": message.sender,
                "control_id": message.control_id,
                "trigger": message.trigger,
                "message": message.raw.decode(),
            }
            out.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
    truth.write(folder / "truth.jsonl", story.truth(until))
    for name, rows in sides(story, story.opening, until).items():
        side.write(folder / name, rows)


def sides(story: Story, begin: int, until: int) -> dict[str, Sequence[side.Any_]]:
    """The rows of each side feed that become known from `begin` to before `until`, by the name of its file."""
    facts = story.facts
    return {
        side.AmbulanceIncident.FILE: ambulance.incidents(facts, begin, until),
        side.Call.FILE: calls.calls(facts, begin, until),
        side.VirtualReferral.FILE: virtual.referrals(facts, begin, until),
        side.VirtualReading.FILE: virtual.readings(facts, begin, until),
    }
