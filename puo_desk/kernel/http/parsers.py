"""JSON as strictly as a stranger's JSON deserves."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser

from puo_desk.kernel.http.problems import too_large

MAX_DEPTH = 32
_LARGEST_INTEGER = 2**63 - 1


class BodyTooLarge(APIException):
    status_code = 413
    default_code = "too_large"


class StrictJSONParser(JSONParser):
    """Refuses what other parsers let through: more than 1 MB, more than 32 levels, NaN and Infinity, numbers
    beyond 64 bits, a key given twice, NUL and lone surrogates. All with 400, the size with 413.
    """

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        cap = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(cap + 1)
        if len(raw) > cap:
            raise BodyTooLarge(too_large().detail)
        return parse_json(raw)


def parse_json(raw: bytes) -> Any:
    """The value of a JSON text in UTF-8. Raises: ParseError, saying what is wrong."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise ParseError(_("The body is not UTF-8.")) from None
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_constant=_constant, parse_int=_integer, parse_float=_number
        )
    except RecursionError:
        raise ParseError(_too_deep()) from None
    except ValueError as error:
        raise ParseError(_("The body is not JSON: %(reason)s") % {"reason": error}) from None
    _look_through(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _value in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ParseError(_("The key %(name)r is given twice.") % {"name": twice[:80]})
    return found


def _constant(name: str) -> NoReturn:
    raise ParseError(_("%(name)s is not a JSON number.") % {"name": name})


def _integer(digits: str) -> int:
    if len(digits) <= 20 and abs(number := int(digits)) <= _LARGEST_INTEGER:
        return number
    raise ParseError(_("A number is larger than 64 bits."))


def _number(digits: str) -> float:
    if len(digits) <= 400 and math.isfinite(number := float(digits)):
        return number
    raise ParseError(_("A number is too large."))


def _too_deep() -> str:
    return _("The body is nested more than %(levels)s levels deep.") % {"levels": MAX_DEPTH}


def _look_through(value: Any) -> None:
    """Depth and characters, without recursion."""
    waiting: list[tuple[Any, int]] = [(value, 1)]
    while waiting:
        current, depth = waiting.pop()
        if isinstance(current, str):
            if "\0" in current or (not current.isascii() and not _encodes(current)):
                raise ParseError(_("A text holds NUL or half a character."))
        elif isinstance(current, dict | list):
            if depth > MAX_DEPTH:
                raise ParseError(_too_deep())
            if isinstance(current, dict):
                waiting.extend((key, depth) for key in current)
                waiting.extend((inner, depth + 1) for inner in current.values())
            else:
                waiting.extend((inner, depth + 1) for inner in current)


def _encodes(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
