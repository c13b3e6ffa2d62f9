"""Words that a page says a hundred times: looked up once for each language, for they do not change meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache, wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.utils.translation import get_language, to_locale

SOURCE = "en"
"""The language in which the texts are written."""
P = ParamSpec("P")
Words = TypeVar("Words")

_said_in: ContextVar[str | None] = ContextVar("said_in", default=None)


@contextmanager
def one_language() -> Iterator[None]:
    """Ask once which language holds, for the drawing of many lines in it: nobody may choose another one inside."""
    token = _said_in.set(get_language())
    try:
        yield
    finally:
        _said_in.reset(token)


def per_language(make: Callable[P, Words]) -> Callable[P, Words]:
    """Keep what a function makes, by language and arguments. What it returns is shared: nobody may change it."""

    @lru_cache(maxsize=1024)
    def kept(_language: str | None, *args: P.args, **kwargs: P.kwargs) -> Words:
        return make(*args, **kwargs)

    @wraps(make)
    def words(*args: P.args, **kwargs: P.kwargs) -> Words:
        return kept(_said_in.get() or get_language(), *args, **kwargs)  # type: ignore[arg-type]

    return words


def text_language() -> str:
    """The language in which the desk's texts are said to the reader: the reader's, once they are translated into it.

    Dates and the words to search by follow the reader's language all the same.
    """
    language = get_language() or SOURCE
    return language if _is_translated(language, tuple(settings.LOCALE_PATHS)) else SOURCE


@lru_cache(maxsize=64)
def _is_translated(language: str, places: tuple[Path, ...]) -> bool:
    return any((Path(place) / to_locale(language) / "LC_MESSAGES" / "django.mo").exists() for place in places)
