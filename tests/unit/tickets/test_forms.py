import pytest

from tickets.rules.forms import TEXT_LIMIT, FieldRule, judge_answers

QUEUE = FieldRule("queue", "Which queue", "text", is_required=True)
PLATFORM = FieldRule("platform", "Platform", "choice", options=("Review Console", "Appeal Console"))
MARKETS = FieldRule("markets", "Markets", "multi_choice", options=("BR", "DE", "JP"))
SINCE = FieldRule("since", "Since", "date")
PAGE = FieldRule("page", "Page", "url")
LOG = FieldRule("log", "Log", "file", is_required=True)


def test_good_answers_are_kept_in_their_shape() -> None:
    given = {
        "queue": " minor safety ",
        "platform": "Appeal Console",
        "markets": ["JP", "BR", "JP"],
        "since": "2026-02-28",
    }
    judged = judge_answers([QUEUE, PLATFORM, MARKETS, SINCE], given)
    assert judged.errors == {}
    assert judged.answers == {
        "queue": "minor safety",
        "platform": "Appeal Console",
        "markets": ["BR", "JP"],
        "since": "2026-02-28",
    }


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        (QUEUE, ""),
        (QUEUE, "   "),
        (QUEUE, None),
        (QUEUE, "x" * (TEXT_LIMIT + 1)),
        (QUEUE, 7),
        (PLATFORM, "Payroll"),
        (MARKETS, "BR"),
        (MARKETS, ["BR", "XX"]),
        (MARKETS, [["BR"]]),
        (SINCE, "28.2.2026"),
        (SINCE, "2026-02-30"),
        (PAGE, "javascript:alert(1)"),
        (PAGE, "ftp://example.org/"),
        (PAGE, "http://[broken"),
        (PAGE, "console.example.org"),
        (PAGE, "https://console example.org/"),
        (PAGE, "https://console.example.org:port/"),
        (LOG, "calls.log"),
    ],
)
def test_bad_answers_are_refused_by_name(rule: FieldRule, value: object) -> None:
    judged = judge_answers([rule], {rule.key: value})
    assert list(judged.errors) == [rule.key]
    assert rule.key not in judged.answers


def test_an_unknown_field_is_refused_not_ignored() -> None:
    assert list(judge_answers([], {"is_admin": "1"}).errors) == ["is_admin"]


def test_a_required_file_must_come_along() -> None:
    assert list(judge_answers([LOG], {}).errors) == ["log"]
    assert judge_answers([LOG], {}, files=frozenset({"log"})).errors == {}


def test_a_file_answers_a_question_for_a_file_alone() -> None:
    assert list(judge_answers([PAGE, LOG], {}, files=frozenset({"log", "page"})).errors) == ["page"]
    assert list(judge_answers([], {}, files=frozenset({"log"})).errors) == ["log"]


def test_optional_fields_may_stay_empty() -> None:
    assert judge_answers([PLATFORM, MARKETS, SINCE, PAGE], {"markets": [], "page": ""}).errors == {}
