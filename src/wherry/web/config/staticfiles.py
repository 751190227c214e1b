"""Static files with hashed names, without the source maps and the fonts that the NHS.UK package does not ship."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.files.base import ContentFile

_FONT_FACE = re.compile(rb"@font-face\s*\{[^}]*https://assets\.nhs\.uk[^}]*\}")


def without_foreign_fonts(css: bytes) -> bytes:
    """A style sheet without the web fonts of assets.nhs.uk.

    >>> without_foreign_fonts(b"a{}@font-face{src:url(https://assets.nhs.uk/x.woff)}b{}")
    b'a{}b{}'
    """
    return _FONT_FACE.sub(b"", css)


class _Cleaned:
    """One style sheet of another storage, cleaned as it is opened."""

    def __init__(self, storage: Any) -> None:
        self.storage = storage

    def open(self, path: str) -> ContentFile[bytes]:
        with self.storage.open(path) as file:
            return ContentFile(without_foreign_fonts(file.read()), name=path)


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
        """Hash every file, style sheets of NHS.UK after their foreign fonts are dropped."""
        for name, (storage, path) in paths.items():
            if name.startswith("nhsuk/") and name.endswith(".css"):
                paths[name] = (_Cleaned(storage), path)
        yield from super().post_process(paths, dry_run, **options)
