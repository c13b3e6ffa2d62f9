"""Search: over number, subject and messages, accents folded, in the reader's language, through the one door."""

from __future__ import annotations

import pytest

from puo_desk.accounts.models import User
from puo_desk.accounts.vocabulary import Role
from tests.support.desk import after, make_ticket
from tests.support.people import actor_of, make_person
from tickets.operations.conversation import note_on_ticket, reply_to_ticket
from tickets.operations.properties import rename_ticket
from tickets.queries.search import search_tickets

pytestmark = pytest.mark.django_db


@pytest.fixture
def amara() -> User:
    return make_person("amara", role=Role.REQUESTER)


@pytest.fixture
def jonas() -> User:
    return make_person("jonas")


def found(text: str, viewer: User) -> list[str]:
    return sorted(ticket.subject for ticket in search_tickets(text, viewer=actor_of(viewer)))


def test_words_are_found_in_subject_and_messages_whatever_their_form(amara: User, jonas: User) -> None:
    ticket = make_ticket(amara, subject="Queues stay empty", body="The reviewers wait.")
    make_ticket(amara, subject="Login loop", body="It sends me back.")
    reply_to_ticket(ticket_id=ticket.pk, body="We restarted the routing", actor=actor_of(jonas), now=after())
    for words in ("queue", "reviewer waiting", "restart", '"stay empty"', "routing -login"):
        assert found(words, jonas) == ["Queues stay empty"], words
    assert found("queue login", jonas) == []


def test_accents_and_case_do_not_matter(amara: User, jonas: User) -> None:
    make_ticket(amara, subject="Tomás meldet Verstöße", body="Überprüfung")
    for words in ("tomas", "VERSTOSSE", "verstösse", "uberprufung"):
        assert found(words, jonas) == ["Tomás meldet Verstöße"], words


def test_words_are_stemmed_in_the_language_of_who_wrote_them() -> None:
    greta = make_person("greta", role=Role.REQUESTER, language="de")
    make_ticket(greta, subject="Warteschlangen leer", body="Die Prüfungen fehlen")
    reader = make_person("rolf", language="de")
    assert found("Warteschlange Prüfung", reader) == ["Warteschlangen leer"]


def test_chinese_is_found_by_parts(amara: User, jonas: User) -> None:
    make_ticket(amara, subject="审核队列为空", body="没有项目")
    assert found("队列", jonas) == ["审核队列为空"]


def test_a_number_finds_its_ticket(amara: User, jonas: User) -> None:
    ticket = make_ticket(amara, subject="By number")
    for text in (ticket.number, ticket.number.lower(), str(ticket.pk)):
        assert "By number" in found(text, jonas)


def test_a_new_subject_is_found_too(amara: User, jonas: User) -> None:
    ticket = make_ticket(amara)
    rename_ticket(ticket_id=ticket.pk, subject="Zebra crossing", actor=actor_of(jonas), now=after())
    assert found("zebra", jonas) == ["Zebra crossing"]


def test_a_requester_finds_own_requests_and_never_by_an_internal_note(amara: User, jonas: User) -> None:
    ticket = make_ticket(amara, subject="Empty queue")
    make_ticket(make_person(role=Role.REQUESTER), subject="Another queue")
    note_on_ticket(ticket_id=ticket.pk, body="suspect xylophone rule", actor=actor_of(jonas), now=after())
    assert found("queue", amara) == ["Empty queue"]
    assert found("xylophone", amara) == []
    assert found("xylophone", jonas) == ["Empty queue"]


@pytest.mark.parametrize(
    "text", ["", "   ", '"', "& | !", "a:*", "\\", "%", "'; DROP TABLE", "()", "\x00".strip("\x00")]
)
def test_odd_input_finds_nothing_and_breaks_nothing(amara: User, jonas: User, text: str) -> None:
    make_ticket(amara, subject="Plain")
    assert found(text, jonas) in ([], ["Plain"])


def test_a_common_word_gives_the_newest_and_a_requester_all_of_the_own(
    amara: User, jonas: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tickets.queries.search.MATCHES_AT_MOST", 2)
    monkeypatch.setattr("tickets.queries.search.RARE", 3)
    other = make_person(role=Role.REQUESTER)
    make_ticket(amara, subject="Old screen")
    for number in range(3):
        make_ticket(other, subject=f"Screen {number}")
    assert found("screen", jonas) == ["Screen 1", "Screen 2"]
    assert found("screen", amara) == ["Old screen"]
