"""Templates: three kinds, each says what it needs, and nothing in them that a strict CSP would stop."""

from __future__ import annotations

import re
from pathlib import Path

from puo_desk.stack.place import CHECKOUT
from tests.support.sources import all_templates

ROOT = CHECKOUT / "templates"
TEMPLATES = all_templates()
PAGES = [path for path in TEMPLATES if path.suffix == ".html"]
# Libraries include these by the names that they choose.
LIBRARY_NAMES = {"allauth", "account", "drf_spectacular", "mfa", "socialaccount"}
_COMMENT = re.compile(
    r"\A(?:\{% extends [^%]*%\}\s*)?(?:\{% load [^%]*%\}\s*)*(?:\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\})", re.S
)
_INLINE = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>|<style\b|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:", re.I)
_INCLUDE = re.compile(r"\{%\s*include\s+[\"']components/[^%]*%\}")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def without_comments(text: str) -> str:
    text = re.sub(r"\{% comment %\}.*?\{% endcomment %\}", "", text, flags=re.S)
    return re.sub(r"\{#.*?#\}", "", text)


def test_there_are_templates() -> None:
    assert len(TEMPLATES) > 100


def test_each_opens_with_a_comment_that_lists_its_context() -> None:
    silent = [name_of(path) for path in TEMPLATES if not _COMMENT.match(path.read_text())]
    assert silent == [], "a template begins with {# context: ... #}"


def test_none_has_an_inline_script_or_an_inline_style() -> None:
    found = {name_of(path): _INLINE.findall(without_comments(path.read_text())) for path in PAGES}
    assert {name: parts for name, parts in found.items() if parts} == {}


def test_components_are_included_with_only_what_they_are_given() -> None:
    wrong = [
        f"{name_of(path)}: {found}"
        for path in PAGES
        for found in _INCLUDE.findall(without_comments(path.read_text()))
        if not re.search(r"\bonly\s*%\}", found)
    ]
    assert wrong == []


def test_templates_are_pages_fragments_or_components() -> None:
    good = re.compile(r"_?[a-z0-9]+(?:_[a-z0-9]+)*\.(?:html|txt)")
    ours = [path for path in TEMPLATES if path.relative_to(ROOT).parts[0] not in LIBRARY_NAMES]
    assert [name_of(path) for path in ours if not good.fullmatch(path.name)] == []
    fragments = [path for path in ours if path.name.startswith("_")]
    extending = [name_of(path) for path in fragments if re.search(r"\{% extends", path.read_text())]
    assert extending == [], "a fragment replaces one element: it extends nothing"


def test_a_component_knows_no_domain() -> None:
    """What a component is given are texts and shapes, never a ticket or an article."""
    wrong = [
        f"{name_of(path)}: {word}"
        for path in (ROOT / "components").glob("*.html")
        for word in re.findall(r"\{\{\s*(ticket|article|report|message)\.", without_comments(path.read_text()))
    ]
    assert wrong == []
