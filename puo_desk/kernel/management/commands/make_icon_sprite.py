"""Builds the icon sprite, so that a page fetches all icons once and names them by ``{% icon %}``.

The names in ``static/icons/names.txt`` come from Lucide (ISC licence); the drawings of
``static/icons/own/`` are the desk's, for shapes Lucide does not have.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import lucide
from django.conf import settings
from django.core.management.base import BaseCommand

SVG = "{http://www.w3.org/2000/svg}"


class Command(BaseCommand):
    """Write ``static/icons/sprite.svg`` from the list of names and the desk's own drawings."""

    requires_system_checks: list[str] = []
    help = "Builds static/icons/sprite.svg from static/icons/names.txt and static/icons/own/."

    def handle(self, *args: object, **options: object) -> None:
        folder = Path(settings.BASE_DIR) / "static" / "icons"
        names = [line.strip() for line in (folder / "names.txt").read_text().splitlines() if line.strip()]
        symbols = [_symbol(name, lucide._render_icon(name, None)) for name in names]
        symbols += [_symbol(path.stem, path.read_text()) for path in sorted((folder / "own").glob("*.svg"))]
        body = "\n".join(symbols)
        (folder / "sprite.svg").write_text(f'<svg xmlns="http://www.w3.org/2000/svg">\n{body}\n</svg>\n')
        self.stdout.write(f"{len(symbols)} icons")


def _symbol(name: str, svg: str) -> str:
    """One drawing as a ``<symbol>`` that takes its stroke from the page."""
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own files and a pinned package
    for node in root.iter():
        node.tag = node.tag.removeprefix(SVG)
    inner = "".join(ElementTree.tostring(child, encoding="unicode").strip() for child in root)
    return f'<symbol id="{name}" viewBox="0 0 24 24">{inner}</symbol>'
