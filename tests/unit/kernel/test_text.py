"""Text from outside, text for search, text for sheets."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from puo_desk.kernel.text import csv_cell, fold_for_search, has_forbidden_characters, normalise_deep, normalise_text

ANY_TEXT = st.text(alphabet=st.characters(codec=None))


@pytest.mark.parametrize(
    ("given_text", "kept"),
    [
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("tab\there", "tab\there"),
        ("nul\x00 esc\x1b[31m del\x7f c1\x85", "nul esc[31m del c1"),
        ("half \ud83d a pair", "half  a pair"),
        ("e\u0301", "é"),
        ("😀 日本語", "😀 日本語"),
        ("", ""),
    ],
)
def test_normalise_text(given_text: str, kept: str) -> None:
    assert normalise_text(given_text) == kept


@given(ANY_TEXT)
def test_normalised_text_can_be_stored_and_stays_as_it_is(text: str) -> None:
    clean = normalise_text(text)
    clean.encode()
    assert not has_forbidden_characters(clean)
    assert unicodedata.is_normalized("NFC", clean)
    assert normalise_text(clean) == clean


def test_normalise_deep_reaches_keys_and_leaves_other_values() -> None:
    assert normalise_deep({"a\x00": ["b\r\n", 1, None, True]}) == {"a": ["b\n", 1, None, True]}


@pytest.mark.parametrize("text", ["\x00", "a\x1b", "\ud800", "\x9f"])
def test_forbidden_everywhere(text: str) -> None:
    assert has_forbidden_characters(text)
    assert has_forbidden_characters(text, lines=False)


@pytest.mark.parametrize("text", ["a\nb", "a\tb", "a\r\nb"])
def test_line_ends_are_forbidden_in_a_path_alone(text: str) -> None:
    assert not has_forbidden_characters(text)
    assert has_forbidden_characters(text, lines=False)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Crème BRÛLÉE", "creme brulee"),
        ("Łódź straße Ærø", "lodz strasse aero"),
        ("  two\n words ", "two words"),
        ("日志分析", "日志 志分 分析"),
        ("日", "日"),
        ("log日志log", "log 日志 log"),
        ("한국어", "한국 국어"),
        ("がか", "がか"),
        ("ﬁle", "file"),
        ("Ёлка", "елка"),
    ],
)
def test_fold_for_search(text: str, folded: str) -> None:
    assert fold_for_search(text) == folded


@given(st.text())
def test_folding_twice_changes_nothing_for_text_without_cjk(text: str) -> None:
    if text.isascii():
        assert fold_for_search(fold_for_search(text)) == fold_for_search(text)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_csv_cell_neutralises_formulas(start: str) -> None:
    assert csv_cell(f"{start}cmd") == f"'{start}cmd"


@pytest.mark.parametrize("value", ["plain", "", 3, -3, None, 1.5])
def test_csv_cell_leaves_the_rest(value: object) -> None:
    assert csv_cell(value) == value
