"""What the strict JSON parser refuses, and what it takes."""

from __future__ import annotations

import contextlib
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ParseError

from puo_desk.kernel.http.parsers import MAX_DEPTH, BodyTooLarge, StrictJSONParser, parse_json


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b'\xef\xbb\xbf{"a": 1}', "not JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b"NaN", "NaN"),
        (b'{"a": Infinity}', "Infinity"),
        (b'{"a": -Infinity}', "Infinity"),
        (b"1e999", "too large"),
        (b"9223372036854775808", "64 bits"),
        (b"-" + b"9" * 100_000, "64 bits"),
        (b'{"a": 1, "a": 2}', "'a' is given twice"),
        (b'{"x": {"a": 1, "a": 2}}', "'a' is given twice"),
        (rb'"\u0000"', "NUL"),
        (rb'{"\u0000": 1}', "NUL"),
        (rb'"\ud800"', "half a character"),
        (rb'{"a": ["\udfff"]}', "half a character"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "32 levels"),
        (b"[" * 200_000, "32 levels"),
        (b'{"a":' * 100_000, "32 levels"),
    ],
)
def test_refused(raw: bytes, said: str) -> None:
    with pytest.raises(ParseError) as refusal:
        parse_json(raw)
    assert said in str(refusal.value)


def test_the_deepest_body_taken() -> None:
    raw = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    assert json.dumps(parse_json(raw)).encode() == raw


@pytest.mark.parametrize("raw", [b"null", b"true", b'"\\ud83d\\ude00"', b"9223372036854775807", b"-0.5e3", b"[]"])
def test_taken(raw: bytes) -> None:
    assert parse_json(raw) == json.loads(raw)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\0", codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_characters="\0", codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON)
def test_every_ordinary_value_comes_through(value: object) -> None:
    assert parse_json(json.dumps(value).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_a_parse_error(raw: bytes) -> None:
    with contextlib.suppress(ParseError):
        parse_json(raw)


def test_size_cap(settings) -> None:
    cap = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    exact = b'"' + b"a" * (cap - 2) + b'"'
    assert len(StrictJSONParser().parse(io.BytesIO(exact))) == cap - 2
    with pytest.raises(BodyTooLarge):
        StrictJSONParser().parse(io.BytesIO(exact + b" "))
