"""Static files with hashed names, without the source maps and the fonts that the NHS.UK package does not ship."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage

_FONT_FACE = re.compile(r"@font-face\s*\{[^}]*https://assets\.nhs\.uk[^}]*\}")


class ManifestStorage(ManifestStaticFilesStorage):
    """Hashed names. Source-map comments are left alone, for the maps are not there. Fonts from elsewhere are dropped:
    no page of a patient system asks another server for anything, and Arial is the NHS identity's own fall-back."""

    manifest_strict = True
    patterns = (
        (
            "*.css",
            (
                r"""(?P<matched>url\(['"]{0,1}\s*(?P<url>.*?)["']{0,1}\))""",
                (r"""(?P<matched>@import\s*["']\s*(?P<url>.*?)["'])""", """@import url("%(url)s")"""),
            ),
        ),
    )

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Drop foreign fonts from the copied style sheets, then hash every file."""
        for name in paths:
            if not dry_run and name.startswith("nhsuk/") and name.endswith(".css"):
                copied = self.path(name)
                with open(copied, encoding="utf-8") as file:
                    text = file.read()
                cleaned = _FONT_FACE.sub("", text)
                if cleaned != text:
                    with open(copied, "w", encoding="utf-8") as file:
                        file.write(cleaned)
                    paths[name] = (self, name)
        yield from super().post_process(paths, dry_run, **options)
