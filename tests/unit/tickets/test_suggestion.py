from tickets.rules.suggestion import Keyworded, rank_by_keywords, split_keywords

CHOICES = [
    Keyworded(1, split_keywords("queue, no items, empty")),
    Keyworded(2, split_keywords("login, sso, password")),
    Keyworded(3, split_keywords("")),
]


def test_keywords_are_words_and_phrases() -> None:
    assert split_keywords(" No  items ,SSO, ,") == ("no items", "sso")


def test_the_best_match_comes_first() -> None:
    assert rank_by_keywords("After the SSO change my queue shows no items at all", CHOICES) == [1, 2]


def test_parts_of_words_do_not_count() -> None:
    assert rank_by_keywords("queueing theory", CHOICES) == []


def test_nothing_typed_suggests_nothing() -> None:
    assert rank_by_keywords("", CHOICES) == []
