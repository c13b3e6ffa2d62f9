"""What people may be called."""

from __future__ import annotations

import pytest

from puo_desk.accounts.rules.names import cleaned_name, has_hidden_signs, is_reserved


@pytest.mark.parametrize(
    "name",
    [
        "The desk", "THE DESK", "  the   desk ", "The-Desk", "The\u00a0desk", "Thé désk", "Ｔｈｅ ｄｅｓｋ", "𝐓𝐡𝐞 𝐝𝐞𝐬𝐤",
        "The d\u200ces\u0301k", "Тhе dеѕк", "PUO Desk", "System", "sla-timer", "You",
    ],
)  # fmt: skip
def test_names_of_the_desk_are_taken_however_they_are_written(name: str) -> None:
    assert is_reserved(name)


@pytest.mark.parametrize(
    "name",
    [
        "Ada Lovelace", "Desk O'Connor", "The desk of Ada", "Systemova", "Јован Тесла", "Юлия Ким", "王小明", "李娜",
        "مریم\u200cسادات", "Ναυσικά", "Ștefan Năstase", "", "7",
    ],
)  # fmt: skip
def test_names_of_people_are_free(name: str) -> None:
    assert not is_reserved(name)
    assert not has_hidden_signs(name)
    assert cleaned_name(name) == name


@pytest.mark.parametrize(
    "sign", ["\u202e", "\u2066", "\u200f", "\u061c", "\u200b", "\ufeff", "\u00ad", "\x1b", "\n", "\u2028", "\U000e0041"]
)
def test_signs_that_are_not_seen_or_turn_the_text_are_found_and_cleaned(sign: str) -> None:
    assert has_hidden_signs(f"Ada{sign}Lovelace")
    assert cleaned_name(f"Ada{sign} Lovelace{sign}") == "Ada Lovelace"


def test_cleaning_leaves_nothing_of_a_name_of_the_desk() -> None:
    assert cleaned_name("\u202eThe \u200bdesk") == ""
