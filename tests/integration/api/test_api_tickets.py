"""Tickets over REST: opened, listed, changed by named acts, talked about."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from puo_desk.accounts.vocabulary import Scope
from tests.support.callers import Caller, fields_of, problem
from tests.support.furnished import SECRET, FurnishedDesk, in_memory
from tickets.models import Message, Ticket, TicketEvent
from tickets.vocabulary import parse_ticket_number

pytestmark = pytest.mark.django_db


def counts() -> tuple[int, int, int]:
    """All that a refused write must leave as it was."""
    return Ticket.objects.count(), TicketEvent.objects.count(), Message.objects.count()


# --- opening


def test_a_requester_opens_a_ticket_and_is_told_where_it_is(requester: Caller, body: dict[str, Any]) -> None:
    answer = requester.post("/tickets/", body)
    assert answer.status_code == 201
    told = json.loads(answer.content)
    assert answer.headers["Location"] == f"/api/v1/tickets/{told['number']}/"
    assert told["subject"] == "Queue is empty"
    assert told["channel"] == "api"
    assert told["requester"]["name"] == "The Requester"
    assert told["status"]["category"] == "open"
    again = requester.get(answer.headers["Location"].removeprefix("/api/v1"))
    assert json.loads(again.content) == told
    row = Ticket.objects.get(pk=parse_ticket_number(told["number"]))
    assert row.messages.get().body == "Since nine it shows nothing."


def test_an_agent_opens_for_somebody_else_and_a_requester_may_not(
    agent: Caller, requester: Caller, desk: FurnishedDesk, body: dict[str, Any]
) -> None:
    for_other = body | {"requester": desk.people["requester"].pk, "team": desk.team.pk, "channel": "phone"}
    told = json.loads(agent.post("/tickets/", for_other).content)
    assert told["requester"]["id"] == desk.people["requester"].pk
    assert (told["team"]["id"], told["channel"]) == (desk.team.pk, "phone")
    before = counts()
    problem(requester.post("/tickets/", body | {"requester": desk.people["lead"].pk}), 403, "not_permitted")
    problem(requester.post("/tickets/", body | {"team": desk.team.pk}), 403, "not_permitted")
    assert counts() == before


WRONG_INPUT = [
    ({"body": ""}, "body"),
    ({"body": "   "}, "body"),
    ({"body": 7, "subject": ["a"]}, "subject"),
    ({"subject": "x" * 500}, "subject"),
    ({"impact": 9}, "impact"),
    ({"impact": "high"}, "impact"),
    ({"category": 999_999}, "category"),
    ({"category": 2**63 - 1}, "category"),
    ({"category": -1}, "category"),
    ({"incident": 999_999}, "incident"),
    ({"channel": "smoke"}, "channel"),
    ({"files": ["no-uuid"]}, "files.0"),
    ({"files": ["00000000-0000-4000-8000-000000000000"]}, "files"),
    ({"form_answers": "x"}, "form_answers"),
    ({"colour": "red"}, "colour"),
    ({"status": "closed"}, "status"),
    ({"version": 3}, "version"),
    ({"number": "PUO-1"}, "number"),
]


def test_wrong_input_is_named_by_its_field_and_leaves_nothing(requester: Caller, body: dict[str, Any]) -> None:
    for wrong, field in WRONG_INPUT:
        before = counts()
        told = problem(requester.post("/tickets/", body | wrong), 400, "invalid_input")
        assert field in fields_of(told), told
        assert counts() == before


def test_the_form_of_a_category_is_judged_by_the_same_rules_as_on_the_page(
    requester: Caller, desk: FurnishedDesk, body: dict[str, Any]
) -> None:
    asked = body | {"category": desk.category.pk}
    browser = Client()
    browser.force_login(desk.people["requester"], backend=settings.AUTHENTICATION_BACKENDS[0])
    for answers in ({}, {"queue": "C"}, {"queue": ["A"]}, {"queue": "A", "unknown": "x"}):
        told = problem(requester.post("/tickets/", asked | {"form_answers": answers}), 400, "invalid_input")
        assert {field.split(".")[0] for field in fields_of(told)} == {"form_answers"}, answers
    missing = problem(requester.post("/tickets/", asked), 400, "invalid_input")["errors"][0]
    posted = {"subject": body["subject"], "body": body["body"], "category": desk.category.pk}
    page = browser.post("/requests/new/", posted)
    assert page.status_code == 422
    assert missing["detail"] in page.content.decode()
    good = requester.post("/tickets/", asked | {"form_answers": {"queue": "B", "since": "Monday"}})
    assert json.loads(good.content)["form_answers"] == {"queue": "B", "since": "Monday"}
    schema = {row["id"]: row for row in json.loads(requester.get("/categories/").content)}[desk.category.pk]
    assert [(field["key"], field["kind"], field["is_required"]) for field in schema["form_fields"]] == [
        ("queue", "choice", True),
        ("since", "text", False),
    ]


def test_an_external_id_does_not_tell_that_somebody_else_sent_it(
    agent: Caller, requester: Caller, calling: Callable[..., Caller], desk: FurnishedDesk, body: dict[str, Any]
) -> None:
    """Each who asks has ids of the person's own; those of the desk are one for all who work there."""
    named = body | {"external_source": "monitor", "external_id": "alert-8"}
    assert agent.post("/tickets/", named | {"requester": desk.foreign.requester_id}).status_code == 201
    assert requester.post("/tickets/", named).status_code == 201
    problem(requester.post("/tickets/", named), 409, "external_id_taken")
    problem(calling("lead").post("/tickets/", named), 409, "external_id_taken")
    assert json.loads(requester.get("/tickets/?external_id=alert-8").content)["results"][0]["external_id"] == "alert-8"


def test_a_requester_cannot_ask_the_list_who_is_here(agent: Caller, requester: Caller, desk: FurnishedDesk) -> None:
    """Whether there is a person with an id is told to those who may list people, and to nobody else."""
    for person in (desk.people["lead"].pk, 999_999, desk.people["requester"].pk):
        told = problem(requester.get(f"/tickets/?requester={person}"), 400, "invalid_input")
        assert fields_of(told) == {"requester"}
        assert told["errors"][0]["detail"] == "There is no such filter."
    assert agent.get(f"/tickets/?requester={desk.people['requester'].pk}").status_code == 200


def test_the_same_external_id_is_taken_once(agent: Caller, desk: FurnishedDesk, body: dict[str, Any]) -> None:
    named = body | {"external_source": "monitor", "external_id": "alert-7"}
    assert agent.post("/tickets/", named).status_code == 201
    before = counts()
    told = problem(agent.post("/tickets/", named), 409, "external_id_taken")
    assert told["facts"] == {"external_id": "alert-7"}
    said = {"body": "From elsewhere.", "external_id": "mail-1"}
    path = f"/tickets/{desk.mine.number}/messages/"
    assert counts() == before
    assert agent.post(path, said).status_code == 201
    before = counts()
    problem(agent.post(path, said), 409, "external_id_taken")
    assert counts() == before


# --- lists


def numbers(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["number"] for row in json.loads(answer.content)["results"]]


def test_a_list_holds_what_the_caller_may_see(calling: Callable[..., Caller], desk: FurnishedDesk) -> None:
    both = {desk.mine.number, desk.foreign.number}
    assert set(numbers(calling("agent").get("/tickets/"))) == both
    assert numbers(calling("requester").get("/tickets/")) == [desk.mine.number]
    assert numbers(calling("engineer").get("/tickets/")) == [desk.mine.number]
    assert numbers(calling("requester").get("/tickets/?search=report")) == []
    assert numbers(calling("agent").get("/tickets/?search=report")) == [desk.foreign.number]


def test_pages_of_a_list_hold_every_row_once_both_ways(agent: Caller, requester: Caller, body: dict[str, Any]) -> None:
    for _turn in range(5):
        requester.post("/tickets/", body)
    everything = numbers(agent.get("/tickets/?page_size=200"))
    assert len(everything) == 7
    forward, address = [], "/tickets/?page_size=3"
    while address:
        page = json.loads(agent.get(address).content)
        forward.append([row["number"] for row in page["results"]])
        address = (page["next"] or "").partition("/api/v1")[2]
    assert [number for page in forward for number in page] == everything
    back = json.loads(agent.get(page["previous"].partition("/api/v1")[2]).content)
    assert [row["number"] for row in back["results"]] == forward[-2]


WRONG_FILTERS = [
    ("colour=red", "colour"),
    ("status__category=open", "status__category"),
    ("requester__password=x", "requester__password"),
    ("priority=9", "priority"),
    ("status=none", "status"),
    ("assignee=999999", "assignee"),
    ("team=x", "team"),
    ("opened_after=yesterday", "opened_after"),
    ("unassigned=maybe", "unassigned"),
    ("sort=subject", "sort"),
    ("sort=-id;drop", "sort"),
    ("page_size=0", "page_size"),
    ("page_size=201", "page_size"),
    ("page_size=x", "page_size"),
    ("cursor=garbage", "cursor"),
    ("cursor=" + "x" * 2000, "cursor"),
    ("view=everything", "view"),
    ("category=99999999999999999999999", "category"),
]


def test_wrong_filters_are_named_and_never_show_more(agent: Caller) -> None:
    for query, field in WRONG_FILTERS:
        told = problem(agent.get(f"/tickets/?{query}"), 400, "invalid_input")
        assert field in fields_of(told), told


def test_filters_narrow(agent: Caller, desk: FurnishedDesk) -> None:
    lead, mine, foreign = desk.people["lead"].pk, desk.mine.number, desk.foreign.number
    for query, expected in {
        f"assignee={lead}": {foreign},
        f"team={desk.team.pk}": {mine},
        f"requester={desk.people['requester'].pk}": {mine},
        f"category={desk.category.pk}": {mine},
        "unassigned=true": set(),
        "view=mine": {mine},
        "status_category=open&status_category=pending": {mine, foreign},
        "status_category=closed": set(),
        "opened_before=2001-01-01T00:00:00Z": set(),
        "tag=none": set(),
    }.items():
        assert set(numbers(agent.get(f"/tickets/?{query}"))) == expected, query


# --- changes


def test_named_acts_change_a_ticket_together_or_not_at_all(agent: Caller, desk: FurnishedDesk) -> None:
    path = f"/tickets/{desk.mine.number}/"
    version = json.loads(agent.get(path).content)["version"]
    changed = agent.patch(
        path, {"version": version, "priority": 1, "tags": {"add": ["Export"]}, "subject": "New words"}
    )
    told = json.loads(changed.content)
    assert (told["priority"], told["tags"], told["subject"]) == (1, ["export"], "New words")
    assert told["version"] > version
    before = counts()
    refused = agent.patch(path, {"priority": 2, "assignee": 999_999})
    assert refused.status_code in {400, 404}
    assert json.loads(agent.get(path).content)["priority"] == 1
    assert counts() == before


def test_a_stale_version_is_refused_and_says_which_one_holds(agent: Caller, desk: FurnishedDesk) -> None:
    path = f"/tickets/{desk.mine.number}/"
    version = json.loads(agent.get(path).content)["version"]
    assert agent.patch(path, {"version": version, "priority": 1}).status_code == 200
    before = counts()
    told = problem(agent.patch(path, {"version": version, "priority": 2}), 409, "stale_version")
    assert told["facts"] == {"current_version": version + 1, "seen_version": version}
    assert counts() == before


ACTS_OF_THE_DESK = [
    {"priority": 1},
    {"status": "resolved"},
    {"assignee": None},
    {"team": None},
    {"category": None},
    {"subject": "Mine"},
    {"tags": {"add": ["x"]}},
]


def test_a_requester_changes_nothing_of_the_desks(requester: Caller, desk: FurnishedDesk) -> None:
    for acts in ACTS_OF_THE_DESK:
        before = counts()
        problem(requester.patch(f"/tickets/{desk.mine.number}/", acts), 403, "not_permitted")
        problem(requester.patch(f"/tickets/{desk.foreign.number}/", acts), 404, "not_found")
        assert counts() == before


NO_ACTS = [
    ({"opened_at": "2020-01-01T00:00:00Z"}, "opened_at"),
    ({"requester": 1}, "requester"),
    ({"priority": 5}, "priority"),
    ({"status": "none"}, "status"),
    ({"version": 0}, "version"),
    ({"tags": {"set": ["a"]}}, "tags.set"),
    ({"subject": ""}, "subject"),
]


def test_what_is_no_act_is_refused(agent: Caller, desk: FurnishedDesk) -> None:
    for acts, field in NO_ACTS:
        before = counts()
        told = problem(agent.patch(f"/tickets/{desk.mine.number}/", acts), 400, "invalid_input")
        assert field in fields_of(told), told
        assert counts() == before


def test_the_loser_of_a_claim_is_told_who_won(calling: Callable[..., Caller], desk: FurnishedDesk) -> None:
    path = f"/tickets/{desk.mine.number}/claim/"
    assert calling("agent").post(path).status_code == 200
    told = problem(calling("lead").post(path), 409, "already_claimed")
    assert told["facts"]["assignee_id"] == desk.people["agent"].pk
    assert "The Agent" in json.dumps(told)


def test_a_ticket_lives_its_life_over_the_api(agent: Caller, requester: Caller, desk: FurnishedDesk) -> None:
    path = f"/tickets/{desk.mine.number}"
    assert json.loads(agent.post(f"{path}/resolve/").content)["status"]["category"] == "resolved"
    problem(requester.post(f"{path}/close/"), 403, "not_permitted")
    assert json.loads(requester.post(f"{path}/reopen/", {"reason": "Still broken"}).content)["reopened_count"] == 1
    agent.post(f"{path}/resolve/")
    assert json.loads(requester.post(f"{path}/confirm/").content)["status"]["category"] == "closed"
    rated = json.loads(requester.post(f"{path}/rating/", {"score": 5, "comment": "Quick"}).content)
    assert rated["rating"] == 5
    assert fields_of(problem(requester.post(f"{path}/rating/", {"score": 6}), 400, "invalid_input")) == {"score"}
    kinds = [event["kind"] for event in json.loads(agent.get(f"{path}/events/").content)]
    assert {"ticket.resolved", "ticket.reopened", "ticket.confirmed", "ticket.rated"} <= set(kinds)


def test_links_tie_visible_tickets_alone(calling: Callable[..., Caller], desk: FurnishedDesk) -> None:
    mine, foreign = desk.mine.number, desk.foreign.number
    assert calling("agent").post(f"/tickets/{mine}/links/", {"other": foreign, "kind": "related"}).status_code == 200
    before = counts()
    engineer = calling("engineer")
    hidden = engineer.post(f"/tickets/{mine}/links/", {"other": foreign, "kind": "duplicate"})
    absent = engineer.post(f"/tickets/{mine}/links/", {"other": "PUO-999999999", "kind": "duplicate"})
    assert hidden.status_code == absent.status_code
    assert json.loads(hidden.content)["code"] == json.loads(absent.content)["code"]
    assert counts() == before


# --- conversation, history, files


def test_what_is_said_is_told_back(agent: Caller, requester: Caller, desk: FurnishedDesk) -> None:
    path = f"/tickets/{desk.mine.number}/messages/"
    sent = agent.post(path, {"body": "**Done** <script>alert(1)</script>", "set_status": "resolved"})
    told = json.loads(sent.content)
    assert sent.status_code == 201
    assert (told["kind"], told["channel"], told["author"]["name"]) == ("reply", "api", "The Agent")
    assert "<strong>Done</strong>" in told["body_html"]
    assert "<script" not in told["body_html"]
    assert json.loads(requester.get(path).content)[-1]["id"] == told["id"]
    assert json.loads(agent.get(f"/tickets/{desk.mine.number}/").content)["status"]["category"] == "resolved"


def test_nobody_answers_past_a_newer_message(agent: Caller, requester: Caller, desk: FurnishedDesk) -> None:
    path = f"/tickets/{desk.mine.number}/messages/"
    seen = json.loads(agent.get(path).content)[-1]["seq"]
    requester.post(path, {"body": "One more thing."})
    before = counts()
    problem(agent.post(path, {"body": "Done.", "last_seen_seq": seen}), 409, "newer_messages")
    assert counts() == before


def test_a_requester_sees_no_note_and_nothing_of_the_desk_on_any_path(requester: Caller, desk: FurnishedDesk) -> None:
    path = f"/tickets/{desk.mine.number}"
    paths = [
        f"{path}/",
        f"{path}/messages/",
        f"{path}/events/",
        f"{path}/sla/",
        "/tickets/",
        f"/tickets/?search={SECRET}",
        "/articles/",
        f"/articles/?search={SECRET}",
        "/categories/",
        "/incidents/",
        "/statuses/",
        "/me/",
    ]
    for one in paths:
        answer = requester.get(one)
        assert answer.status_code == 200, one
        assert SECRET not in answer.content.decode().replace(f"search={SECRET}", ""), one
    assert numbers(requester.get(f"/tickets/?search={SECRET}")) == []
    messages = json.loads(requester.get(f"{path}/messages/").content)
    assert {message["kind"] for message in messages} == {"requester", "reply"}
    events = json.loads(requester.get(f"{path}/events/").content)
    assert not {event["kind"] for event in events} & {
        "ticket.noted",
        "ticket.assigned",
        "sla.policy_applied",
        "sop.applied",
    }
    problem(requester.get(f"/attachments/{desk.values['key']['on a note']}/"), 404, "not_found")
    problem(requester.get(f"/attachments/{desk.values['key']['of a stranger']}/"), 404, "not_found")
    before = counts()
    problem(requester.post(f"{path}/messages/", {"body": "x", "kind": "note"}), 403, "not_permitted")
    assert counts() == before


def test_a_note_keeps_all_that_was_sent_or_refuses_it(agent: Caller, desk: FurnishedDesk) -> None:
    path = f"/tickets/{desk.mine.number}/messages/"
    note = {"kind": "note", "body": "Seen in the log.", "external_id": "log-7"}
    for extra in ({"set_status": "resolved"}, {"last_seen_seq": 1}):
        before = counts()
        assert fields_of(problem(agent.post(path, note | extra), 400, "invalid_input")) == set(extra)
        assert counts() == before
    assert json.loads(agent.post(path, note).content)["channel"] == "api"
    problem(agent.post(path, note), 409, "external_id_taken")


def test_the_history_is_gap_free_and_read_from_any_place(agent: Caller, desk: FurnishedDesk) -> None:
    path = f"/tickets/{desk.mine.number}/events/"
    events = json.loads(agent.get(path).content)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    later = json.loads(agent.get(f"{path}?after_seq=3").content)
    assert [event["seq"] for event in later] == list(range(4, len(events) + 1))
    for wrong in ("x", "-1", "9" * 30):
        problem(agent.get(f"{path}?after_seq={wrong}"), 400, "invalid_input")


def test_a_file_travels_with_its_message_and_no_further(
    agent: Caller, requester: Caller, calling: Callable[..., Caller], desk: FurnishedDesk
) -> None:
    stored = requester.upload(in_memory(b"\x89PNG\r\n\x1a\n....", "../../etc/passwd.png"))
    told = json.loads(stored.content)
    assert stored.status_code == 201
    assert (told["file_name"], told["content_type"]) == ("passwd.png", "image/png")
    path = f"/attachments/{told['key']}/"
    problem(agent.get(path), 404, "not_found")  # not sent yet: the uploader's alone
    messages = f"/tickets/{desk.mine.number}/messages/"
    assert fields_of(problem(agent.post(messages, {"body": "x", "files": [told["key"]]}), 400, "invalid_input")) == {
        "files"
    }
    sent = requester.post(messages, {"body": "See this.", "files": [told["key"]]})
    assert [file["key"] for file in json.loads(sent.content)["files"]] == [told["key"]]
    answer = agent.get(path)
    assert b"".join(answer) == b"\x89PNG\r\n\x1a\n...."
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_file_too_large_for_memory_arrives_whole(agent: Caller, tmp_path: Path) -> None:
    large = bytes(range(256)) * 12_000
    (tmp_path / "large.log").write_bytes(large)
    with (tmp_path / "large.log").open("rb") as file:
        stored = agent.upload(file)
    assert stored.status_code == 201
    assert b"".join(agent.get(f"/attachments/{json.loads(stored.content)['key']}/")) == large


def test_a_page_in_disguise_is_only_ever_downloaded(agent: Caller) -> None:
    for content, name in ((b"<html><script>1</script>", "a.png"), (b"<svg onload=alert(1)>", "a.svg")):
        key = json.loads(agent.upload(in_memory(content, name)).content)["key"]
        answer = agent.get(f"/attachments/{key}/")
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["Content-Type"] == "application/octet-stream"
        b"".join(answer)


def test_a_file_over_the_cap_or_without_content_is_refused(agent: Caller, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 1_000
    problem(agent.upload(in_memory(b"x" * 1_001, "big.txt")), 413, "too_large")
    assert agent.upload(in_memory(b"x" * 1_000, "fits.txt")).status_code == 201
    problem(agent.upload(in_memory(b"", "empty.txt")), 400, "invalid_input")


def test_scopes_narrow_what_a_token_may(
    calling: Callable[..., Caller], desk: FurnishedDesk, body: dict[str, Any]
) -> None:
    reads, sop_only = calling("agent", Scope.TICKETS_READ), calling("agent", Scope.SOP_READ)
    assert reads.get("/tickets/").status_code == 200
    before = counts()
    for path, sent in (
        ("/tickets/", body),
        (f"/tickets/{desk.mine.number}/claim/", {}),
        (f"/tickets/{desk.mine.number}/messages/", {"body": "x"}),
    ):
        problem(reads.post(path, sent), 403, "not_permitted")
    problem(reads.patch(f"/tickets/{desk.mine.number}/", {"priority": 1}), 403, "not_permitted")
    assert counts() == before
    problem(sop_only.get("/tickets/"), 403, "not_permitted")
    assert sop_only.get("/articles/").status_code == 200
    assert sop_only.get("/me/").status_code == 200


def test_a_token_that_only_writes_is_not_told_what_it_may_not_read(
    calling: Callable[..., Caller], desk: FurnishedDesk, body: dict[str, Any]
) -> None:
    writes = calling("agent", Scope.TICKETS_WRITE)
    problem(writes.get("/tickets/"), 403, "not_permitted")
    assert writes.post("/tickets/", body).status_code == 201
