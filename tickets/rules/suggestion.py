"""Guessing the category from what somebody is typing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Keyworded:
    """Something with words by which it is recognised. ``keywords`` are lower-cased words or phrases."""

    id: int
    keywords: tuple[str, ...]


def split_keywords(text: str) -> tuple[str, ...]:
    """The words and phrases of a comma-separated list, folded for comparison."""
    return tuple(" ".join(_WORD.findall(part.lower())) for part in text.split(",") if part.strip())


def rank_by_keywords(text: str, choices: Iterable[Keyworded]) -> list[int]:
    """Ids of the choices whose keywords occur in the text, best first: longer phrases tell more."""
    padded = f" {' '.join(_WORD.findall(text.lower()))} "
    scored = []
    for position, choice in enumerate(choices):
        score = sum(1 + phrase.count(" ") * 2 for phrase in choice.keywords if phrase and f" {phrase} " in padded)
        if score:
            scored.append((-score, position, choice.id))
    return [choice_id for _, _, choice_id in sorted(scored)]
