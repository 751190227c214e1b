"""A short scenario for tests of its form, with comments and every way to write a table; and what a browser sends."""

from __future__ import annotations

from html.parser import HTMLParser

TEXT = """\
# A plan for tests.
name = "short"
title = "A short plan"
question = "How many beds?"
base_year = "2023/24"
horizon_year = "2033/34"
runs = 16 # few
seed = 1

[population]
weights = { principal = 0.6, high = 0.4 }
source = "own default"

[health_status]
share_in_good_health = [0.2, 0.6]
source = "own default"

# Emergencies.
[[growth]]
name = "emergencies"
title = "More emergencies"
kinds = ["emergency"]
per_year = [0.01, 0.023] # a range
includes_population = false
first = "2024/25"
last = "2033/34"
source = "own default"

# Falls.
[[interventions]]
name = "falls"
title = "Answer falls at home"
effect = "avoid"
kinds = ["emergency"]
ages = "75+"
share = [0.05, 0.15]
source = "own default"
owner = "Community services"

[interventions.phase]
start = "2025/26"
full = "2027/28"

# Stays.
[[interventions]]
name = "stays"
title = "Shorter stays"
effect = "shorten"
kinds = ["emergency"]
share = 0.1
phase.start = "2024/25"
phase.full = "2026/27"
source = "own default"

[capacity]
source = "own default"
beds.occupancy.medicine = 0.9
"""


class _Fields(HTMLParser):
    """What a browser would send of the page's forms if nobody touched them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._area = ""
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        name = values.get("name") or ""
        if tag == "input" and name and values.get("type") not in ("checkbox", "radio"):
            self.found[name] = values.get("value") or ""
        elif tag == "textarea" and name:
            self._area, self.found[name] = name, ""
        elif tag == "select" and name:
            self._select, self.found[name] = name, ""
        elif tag == "option" and self._select and "selected" in values:
            self.found[self._select] = values.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area:
            self.found[self._area] = self.found[self._area].removeprefix("\n")
            self._area = ""
        elif tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.found[self._area] += data


def sent(html: str, **changed: str) -> dict[str, str]:
    """The fields of a page as a browser sends them, some of them written over. Hyphens are written as underscores
    twice (`new__low`), other names as they are."""
    parser = _Fields()
    parser.feed(html)
    parser.found.pop("csrfmiddlewaretoken", None)
    wanted = {name.replace("__", "-"): value for name, value in changed.items()}
    return parser.found | wanted
