"""A scenario's text for tests, with one line or table changed at a time."""

from __future__ import annotations

GOOD = """\
name = "winter"
title = "A harder winter"
question = "What would a harder winter need?"
base_year = "2023/24"
horizon_year = "2033/34"
runs = 64
seed = 5

[population]
weights = { principal = 0.75, high = 0.25 }
source = "own default"

[health_status]
share_in_good_health = [0.2, 0.6]
source = "own default"

[[growth]]
name = "more"
title = "More emergencies"
kinds = ["emergency"]
sites = ["RGP"]
per_year = [0.01, 0.02]
includes_population = false
first = "2024/25"
last = "2028/29"
source = "S Activity assumptions"

[[waiting_list]]
name = "clear"
title = "Clear the list"
kinds = ["elective", "day_case"]
factor = [1.0, 1.1]
steps = { "2024/25" = 0.5, "2025/26" = 1.0 }
source = "own default"

[[repatriation]]
name = "back"
title = "Eyes come back"
kinds = ["day_case"]
whats = ["130"]
factor = [1.05, 1.15]
phase = { start = "2025/26", full = "2026/27" }
source = "own default"

[[interventions]]
name = "same-day"
title = "Frailty same-day care"
effect = "convert"
to = "sdec"
kinds = ["emergency"]
ages = "65+"
markers = ["frailty"]
share = [0.1, 0.2]
phase = { start = "2024/25", full = "2026/27" }
source = "G section 4A"
owner = "The front door"
"""


def changed(old: str, new: str) -> str:
    """The good text with one part written otherwise."""
    assert GOOD.count(old) >= 1, old
    return GOOD.replace(old, new, 1)


def line_of(text: str, part: str) -> int:
    """The line on which a part of the text first stands, from 1."""
    return text[: text.index(part)].count("\n") + 1
