"""Search: over number, subject and messages, accents folded, in the reader's language, through the one door."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from puo_desk.accounts.models import User
from puo_desk.accounts.vocabulary import Role
from tests.support.desk import after, make_ticket
from tests.support.people import actor_of, make_person
from tickets.operations.conversation import note_on_ticket, reply_to_ticket
from tickets.operations.properties import rename_ticket
from tickets.queries import search
from tickets.queries.search import search_tickets

pytestmark = pytest.mark.django_db


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
    other = make_person(role=Role.REQUESTER)
    make_ticket(amara, subject="Old screen")
    for number in range(3):
        make_ticket(other, subject=f"Screen {number}")
    assert found("screen", jonas) == ["Screen 1", "Screen 2"]
    assert found("screen", amara) == ["Old screen"]


WALKING = {"FEW": 0, "READING_OF_A_WALK": 0}
THROUGH_THE_INDEX = {"FEW": 10**9}


@pytest.fixture(params=[WALKING, THROUGH_THE_INDEX], ids=["walking back", "through the index"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in request.param.items():
        monkeypatch.setattr(search, name, value)


@pytest.mark.usefixtures("way")
def test_pages_of_matches_go_both_ways_and_leave_none_out(amara: User, jonas: User) -> None:
    screens = [make_ticket(amara, subject=f"Screen {number}").pk for number in range(6)]
    make_ticket(amara, subject="Login loop")
    screens.append(make_ticket(amara, subject="Screen, the newest").pk)
    viewer = actor_of(jonas)
    pages, cursor = [], None
    while not pages or cursor:
        page, _total = search.page_of_matches("screen", viewer=viewer, cursor=cursor, size=3)
        pages.append(page)
        cursor = page.next
    assert [[row.id for row in page.rows] for page in pages] == [screens[:-4:-1], screens[3:0:-1], screens[:1]]
    back, _total = search.page_of_matches("screen", viewer=viewer, cursor=pages[-1].previous, size=3)
    assert list(back.rows) == list(pages[1].rows)
    first, _total = search.page_of_matches("screen", viewer=viewer, cursor=back.previous, size=3)
    assert list(first.rows) == list(pages[0].rows)
    assert first.previous is None
    assert pages[0].previous is None


@pytest.mark.usefixtures("way")
def test_words_that_hardly_ever_meet_are_found_behind_any_number_of_others(
    amara: User, jonas: User, django_assert_max_num_queries: Callable[..., AbstractContextManager[object]]
) -> None:
    both = make_ticket(amara, subject="Screen with a label")
    for number in range(12):
        make_ticket(amara, subject=f"{'Screen' if number % 2 else 'Label'} {number}")
    viewer = actor_of(jonas)
    with django_assert_max_num_queries(4):
        page, total = search.page_of_matches("screen label", viewer=viewer, size=2)
    assert [row.id for row in page.rows] == [both.pk]
    assert total == 1


def test_what_is_counted_is_counted_to_the_cap(amara: User, jonas: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        make_ticket(amara, subject=f"Screen {number}")
    assert search.page_of_matches("screen", viewer=actor_of(jonas), size=2)[1] == 4
    monkeypatch.setattr(search, "COUNT_CAP", 3)
    assert search.page_of_matches("screen", viewer=actor_of(jonas), size=2)[1] == 3


@pytest.mark.usefixtures("way")
def test_pages_of_matches_hold_what_the_reader_may_see(amara: User, jonas: User) -> None:
    mine = make_ticket(amara, subject="Screen of mine")
    for number in range(3):
        make_ticket(make_person(role=Role.REQUESTER), subject=f"Screen {number}")
    note_on_ticket(ticket_id=mine.pk, body="xylophone", actor=actor_of(jonas), now=after())
    page, total = search.page_of_matches("screen", viewer=actor_of(amara), size=2)
    assert ([row.id for row in page.rows], total) == ([mine.pk], 1)
    assert search.page_of_matches("xylophone", viewer=actor_of(amara))[1] == 0
