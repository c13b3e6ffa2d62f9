"""Turns a kind and its facts into words, in the language and zone that are active for the reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from puo_desk.notifications.extension import find_kind


@dataclass(frozen=True, slots=True)
class Wording:
    title: str
    body: str


def word(kind_code: str, facts: Mapping[str, Any]) -> Wording:
    """The title (one line) and body of a notification. Never fails: a lost kind or fact leaves a gap."""
    kind = find_kind(kind_code)
    if kind is None:
        return Wording(_("Something happened (%s)") % kind_code, "")
    return Wording(" ".join(_fill(kind.title, facts).split()), _fill(kind.body, facts).strip())


class _Tokens(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "…"


def _fill(template: Any, facts: Mapping[str, Any]) -> str:
    """One pass over named tokens; what a fact says is never read as a template."""
    text = str(template)
    try:
        return text % _Tokens({name: _shown(value) for name, value in facts.items()})
    except (TypeError, ValueError):
        return text


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, dict) and "at" in value:
        instant = timezone.localtime(datetime.fromisoformat(value["at"]))
        return f"{date_format(instant, 'j M Y, H:i')} {instant.tzname() or ''}".strip()
    return str(value)
