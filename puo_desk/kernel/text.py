"""One normaliser for text that comes from outside, and the forms text takes for search and for sheets."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

# C0 without tab and newline, DEL, C1, and lone surrogates: none of them can be typed on purpose, the
# database refuses the first and the last, and terminals obey the others.
_UNWANTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE_END = re.compile(r"\r\n?|[\u2028\u2029]")
_LATIN_MARKS = re.compile(r"[\u0300-\u036f]")
_CJK_RUN = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]+")
_NOT_DECOMPOSED = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
_FORMULA_START = ("=", "+", "-", "@", "\t", "\r", "\n")


def normalise_text(text: str) -> str:
    """The text in NFC, lines ending in one newline, without NUL, control characters or lone surrogates."""
    text = _UNWANTED.sub("", _LINE_END.sub("\n", text))
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def normalise_deep(value: Any) -> Any:
    """The same structure of dicts and lists with every string, keys too, through ``normalise_text``."""
    if isinstance(value, str):
        return normalise_text(value)
    if isinstance(value, dict):
        return {normalise_deep(key): normalise_deep(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [normalise_deep(inner) for inner in value]
    return value


def has_forbidden_characters(text: str, *, lines: bool = True) -> bool:
    """Whether the text holds NUL, a control character or a lone surrogate.

    ``lines`` allows tab, newline and carriage return, which a text area sends; a path has none of them.
    """
    if text.isascii() and text.isprintable():
        return False
    found = _UNWANTED.search(text.replace("\r", "") if lines else text)
    return found is not None or (not lines and ("\t" in text or "\n" in text))


def fold_for_search(text: str) -> str:
    """The text as it is indexed and asked for: lower case, no accents, runs of CJK cut into bigrams.

    Marks are taken off Latin, Greek and Cyrillic letters alone: elsewhere (Japanese, Hindi, Thai) they
    make another letter.
    """
    folded = unicodedata.normalize("NFKD", normalise_text(text).casefold())
    folded = unicodedata.normalize("NFC", _LATIN_MARKS.sub("", folded)).translate(_NOT_DECOMPOSED)
    return " ".join(_CJK_RUN.sub(_bigrams, folded).split())


def _bigrams(run: re.Match[str]) -> str:
    letters = run.group()
    pairs = [letters[i : i + 2] for i in range(len(letters) - 1)] or [letters]
    return f" {' '.join(pairs)} "


def csv_cell(value: object) -> object:
    """The value for a CSV or sheet cell: text that would run as a formula gets an apostrophe."""
    if isinstance(value, str) and value.startswith(_FORMULA_START):
        return f"'{value}"
    return value
