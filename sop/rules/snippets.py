"""The words of a text around what was searched for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from puo_desk.kernel.text import fold_for_search

WINDOW = 28
SHORT = 4
"""Words shorter than this match only themselves: "no" is not the beginning of "notice"."""
_WORD = re.compile(r"\S+")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_SIGNS = re.compile(r"[*`#|~]+|^[ \t]*(?:[->+]|\d+[.)])[ \t]+|(?<!\w)_+|_+(?!\w)|:?-{3,}:?", re.M)
_ASKED = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class SnippetPart:
    """A stretch of a text; ``is_match`` marks what was searched for."""

    text: str
    is_match: bool


def without_markup(markdown: str) -> str:
    """The words of a Markdown text, roughly: a snippet needs no parser, and a list shows fifty of them."""
    return _SIGNS.sub(" ", _LINK.sub(r"\1", markdown))


def make_snippet(text: str, asked: str, *, window: int = WINDOW) -> tuple[SnippetPart, ...]:
    """About ``window`` words around the first match, matches marked; the beginning when nothing matches.

    A word matches when it begins like an asked word without its ending, so that "queues" finds "queue". The
    parts are plain text: whoever shows them escapes them.
    """
    words = _WORD.findall(text)
    stems = {_stem(word) for word in _ASKED.findall(fold_for_search(asked))}
    matches = [_matches(word, stems) for word in words]
    first = next((position for position, match in enumerate(matches) if match), 0)
    start = max(0, min(first - window // 4, len(words) - window))
    end = min(len(words), start + window)
    parts: list[SnippetPart] = []
    if start > 0:
        parts.append(SnippetPart("… ", False))
    for position in range(start, end):
        if position > start:
            parts.append(SnippetPart(" ", False))
        parts.append(SnippetPart(words[position], matches[position]))
    if end < len(words):
        parts.append(SnippetPart(" …", False))
    return _joined(parts)


def _stem(word: str) -> str:
    return word if len(word) <= SHORT else word[: max(SHORT, len(word) - 2)]


@lru_cache(maxsize=16_384)
def _folded_parts(word: str) -> tuple[str, ...]:
    return tuple(_ASKED.findall(fold_for_search(word)))


def _matches(word: str, stems: set[str]) -> bool:
    asked = ((part, stem) for part in _folded_parts(word) for stem in stems)
    return any(part == stem or (len(stem) >= SHORT and part.startswith(stem)) for part, stem in asked)


def _joined(parts: list[SnippetPart]) -> tuple[SnippetPart, ...]:
    joined: list[SnippetPart] = []
    for part in parts:
        if joined and joined[-1].is_match == part.is_match:
            joined[-1] = SnippetPart(joined[-1].text + part.text, part.is_match)
        else:
            joined.append(part)
    return tuple(joined)
