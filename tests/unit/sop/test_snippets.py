from __future__ import annotations

import pytest

from sop.rules.snippets import make_snippet, without_markup


def marked(text: str, asked: str) -> list[str]:
    return [part.text for part in make_snippet(text, asked) if part.is_match]


def test_matches_are_marked_whatever_their_ending_and_accents() -> None:
    assert marked("Both queues were empty, the réserve too.", "queue reserve") == ["queues", "réserve"]


def test_a_short_word_matches_itself_only() -> None:
    assert marked("no notice", "no") == ["no"]


def test_the_window_lies_around_the_first_match() -> None:
    text = " ".join(["word"] * 100 + ["needle"] + ["word"] * 100)
    whole = "".join(part.text for part in make_snippet(text, "needle"))
    assert "needle" in whole
    assert whole.startswith("… ")
    assert whole.endswith(" …")
    assert len(whole.split()) == 30


def test_without_a_match_the_beginning_is_shown() -> None:
    assert [part.text for part in make_snippet("One two.", "three")] == ["One two."]
    assert make_snippet("", "three") == ()


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("## Use *it* when", "Use it when"),
        ("1. Press `reload` now", "Press reload now"),
        ("- see [the page](https://example.org) and snake_case", "see the page and snake_case"),
        ("| a | b |\n|---:|:---|\n| 1 | 2 |", "a b 1 2"),
        ("> Never -x 5 - 3", "Never -x 5 - 3"),
    ],
)
def test_markup_is_taken_off(markdown: str, words: str) -> None:
    assert " ".join(without_markup(markdown).split()) == words
