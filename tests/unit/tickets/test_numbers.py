import pytest

from tickets.vocabulary import parse_ticket_number, ticket_number


@pytest.mark.parametrize(
    ("text", "ticket_id"),
    [
        ("PUO-1042", 1042),
        ("puo-7", 7),
        (" 12 ", 12),
        ("PUO-", None),
        ("PUO-1a", None),
        ("", None),
        ("٣", None),
        ("9" * 16, None),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, ticket_id: int | None) -> None:
    assert parse_ticket_number(text) == ticket_id


def test_a_number_is_written_with_its_prefix() -> None:
    assert ticket_number(1042) == "PUO-1042"
