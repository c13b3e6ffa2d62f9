from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sop.rules.difference import ADDED, CHANGED, GAP, REMOVED, SAME, diff_texts, diff_words, is_same

TEXTS = st.lists(st.text(alphabet="ab \u00e9", max_size=6), max_size=12).map("\n".join)


def test_a_changed_word_is_marked_on_both_sides() -> None:
    old, new = diff_words("ask the lead first", "ask the owner first")
    assert [part.text for part in old if part.is_changed] == ["lead"]
    assert [part.text for part in new if part.is_changed] == ["owner"]


def test_added_and_removed_lines_have_one_side() -> None:
    rows = diff_texts("one\ntwo\nthree", "one\nthree\nfour")
    assert [(row.kind, row.old_number, row.new_number) for row in rows] == [
        (SAME, 1, 1),
        (REMOVED, 2, None),
        (SAME, 3, 2),
        (ADDED, None, 3),
    ]


def test_long_equal_stretches_become_a_gap() -> None:
    old = "\n".join(f"step {number}" for number in range(30))
    rows = diff_texts(old, old.replace("15", "fifteen"))
    assert rows[0].kind == GAP
    assert rows[0].skipped == 12
    assert [row.kind for row in rows].count(CHANGED) == 1
    assert rows[-1].skipped == 11
    assert len(diff_texts(old, old.replace("15", "fifteen"), context=None)) == 30


def test_another_line_in_the_place_of_one_is_not_the_same_line_edited() -> None:
    rows = diff_texts("Ask who sees it.", "Compare both numbers!")
    assert [row.kind for row in rows] == [REMOVED, ADDED]


def test_equal_texts_do_not_differ() -> None:
    assert is_same(diff_texts("a\nb", "a\nb"))
    assert not is_same(diff_texts("a\nb", "a\nc"))


@given(TEXTS, TEXTS)
def test_rows_hold_both_texts(old: str, new: str) -> None:
    rows = diff_texts(old, new, context=None)
    left = ["".join(part.text for part in row.old) for row in rows if row.old_number is not None]
    right = ["".join(part.text for part in row.new) for row in rows if row.new_number is not None]
    assert left == old.splitlines()
    assert right == new.splitlines()


@given(TEXTS, TEXTS)
def test_gaps_hide_equal_lines_only(old: str, new: str) -> None:
    whole, short = diff_texts(old, new, context=None), diff_texts(old, new)
    assert [row for row in whole if row.kind != SAME] == [row for row in short if row.kind not in (SAME, GAP)]
    assert sum(row.skipped or 1 for row in short) == len(whole)
