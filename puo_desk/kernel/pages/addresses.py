"""Addresses of the desk's pages: ``reverse``, remembered. A page asks for forty, and the answers never change."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.urls import reverse

_NUMBER = 907_060_503
"""Stands in a remembered address where the number of a row belongs."""


def address(name: str, *parts: Any) -> str:
    """The address of a page by its name and parts. Raises: NoReverseMatch."""
    if parts and type(parts[0]) is int and parts[0] >= 0:
        return _remembered(name, _NUMBER, *parts[1:]).replace(str(_NUMBER), str(parts[0]), 1)
    return _remembered(name, *parts)


@lru_cache(maxsize=1024)
def _remembered(name: str, *parts: Any) -> str:
    return reverse(name, args=parts)
