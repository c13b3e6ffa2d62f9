"""Answers to a category's form, judged by one set of rules for page and API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from tickets.vocabulary import FieldKind

TEXT_LIMIT = 2_000


@dataclass(frozen=True, slots=True)
class FieldRule:
    """One question of a form. ``options`` are the only answers a choice may take."""

    key: str
    label: str
    kind: str
    is_required: bool = False
    options: tuple[str, ...] = ()
    help_text: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """What is kept of the answers, and the sentences about those that cannot be kept, by field key."""

    answers: dict[str, Any]
    errors: dict[str, list[Any]]


def judge_answers(
    fields: Sequence[FieldRule], given: Mapping[str, Any], *, files: frozenset[str] = frozenset()
) -> Judged:
    """Check the answers of one form. ``files`` names the fields for which a file came along.

    Shapes kept: text, choice, url and date as text (date as YYYY-MM-DD), several choices as a list.
    """
    answers: dict[str, Any] = {}
    errors: dict[str, list[Any]] = {}
    known = {field.key for field in fields}
    for key in given:
        if key not in known:
            errors[key] = [_("This form has no such field.")]
    for key in files - {field.key for field in fields if field.kind == FieldKind.FILE}:
        errors[key] = [_("This form takes no such file.")]
    for field in fields:
        if field.kind == FieldKind.FILE:
            is_missing = field.is_required and field.key not in files
            if is_missing or not _is_empty(given.get(field.key)):
                errors[field.key] = [_("Attach a file.")]
            continue
        value = given.get(field.key)
        if _is_empty(value):
            if field.is_required:
                errors[field.key] = [_("This field is required.")]
            continue
        kept, problem = _judge(field, value)
        if problem is not None:
            errors[field.key] = [problem]
        else:
            answers[field.key] = kept
    return Judged(answers, errors)


def _is_empty(value: Any) -> bool:
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def _judge(field: FieldRule, value: Any) -> tuple[Any, Any]:
    """The value to keep and no problem, or nothing and the problem."""
    if field.kind == FieldKind.MULTI_CHOICE:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            return None, _("Send a list of choices.")
        if unknown := [one for one in value if one not in field.options]:
            return None, _not_a_choice(unknown[0], field.options)
        return sorted(set(value), key=field.options.index), None
    if not isinstance(value, str):
        return None, _("Send a text.")
    text = value.strip()
    if len(text) > TEXT_LIMIT:
        return None, _("Keep this below %(limit)d characters.") % {"limit": TEXT_LIMIT}
    if field.kind == FieldKind.CHOICE and text not in field.options:
        return None, _not_a_choice(text, field.options)
    if field.kind == FieldKind.DATE:
        return _judge_date(text)
    if field.kind == FieldKind.URL:
        return _judge_url(text)
    return text, None


def _not_a_choice(value: str, options: tuple[str, ...]) -> Any:
    return _("“%(value)s” is not a choice here. Choose from: %(options)s.") % {
        "value": value[:80],
        "options": ", ".join(options),
    }


def _judge_date(text: str) -> tuple[Any, Any]:
    try:
        return date.fromisoformat(text).isoformat(), None
    except ValueError:
        return None, _("Write the date as YYYY-MM-DD.")


def _judge_url(text: str) -> tuple[Any, Any]:
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or len(text.split()) > 1:
        return None, _("Write a full address that begins with https://.")
    return text, None
