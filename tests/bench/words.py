"""Texts as help desks get them: few words are in nearly every one of them, most words in hardly any."""

from __future__ import annotations

import random
from dataclasses import dataclass

TEXTS = 6_000
VOCABULARY = 9_000
COMMON_WORD = "screen"
COMMON_SHARE = 0.157
"""A ticket has three texts: one in 6.4 of them with the word makes two tickets in five."""

_CONSONANTS, _VOWELS = "bcdfghlmnprstvk", "aeiou"
_SYLLABLES = [consonant + vowel for consonant in _CONSONANTS for vowel in _VOWELS]


@dataclass(frozen=True, slots=True)
class Text:
    subject: str
    body: str


def rare_word(size: int) -> str:
    """A word that ten tickets hold of those filled in up to this size."""
    return f"zirconium{size}"


def make_texts() -> list[Text]:
    """The same texts at every run, with words by Zipf's law."""
    dice = random.Random(7)
    words = sorted({"".join(dice.choices(_SYLLABLES, k=dice.randint(2, 4))) for _ in range(VOCABULARY)})
    dice.shuffle(words)
    weights = [1 / (rank + 3) for rank in range(len(words))]
    texts = []
    for _number in range(TEXTS):
        drawn = dice.choices(words, weights, k=dice.randint(24, 64))
        if dice.random() < COMMON_SHARE:
            drawn[dice.randrange(8, 20)] = COMMON_WORD
        texts.append(Text(" ".join(drawn[:6]).capitalize(), " ".join(drawn).capitalize() + "."))
    return texts
