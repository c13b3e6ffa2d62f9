"""Words that a page says a hundred times: looked up once for each language, for they do not change meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

from django.utils.translation import get_language

P = ParamSpec("P")
Words = TypeVar("Words")


def per_language(make: Callable[P, Words]) -> Callable[P, Words]:
    """Keep what a function makes, by language and arguments. What it returns is shared: nobody may change it."""

    @lru_cache(maxsize=1024)
    def kept(_language: str | None, *args: P.args, **kwargs: P.kwargs) -> Words:
        return make(*args, **kwargs)

    @wraps(make)
    def words(*args: P.args, **kwargs: P.kwargs) -> Words:
        return kept(get_language(), *args, **kwargs)  # type: ignore[arg-type]

    return words
