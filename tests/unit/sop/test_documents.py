from __future__ import annotations

import pytest

from sop.rules.documents import Unreadable, decode, read_document, settle_body

KNOWN = {
    "team/alerts/Queue.md": "/sop/SOP-1/",
    "team/manual/deployments.html.md": "/sop/SOP-2/",
    "team/start/index.html.md": "/sop/SOP-3/",
}


def settled(body: str, path: str = "team/alerts/Here.md") -> str:
    return settle_body(body, path, KNOWN.get)[0]


def test_the_front_matter_names_the_title_and_the_same_heading_goes() -> None:
    document = read_document("---\ntitle: Queue is empty\nweight: 20\n---\n\n# Queue is empty\n\nLook.\n", "a.md")
    assert (document.title, document.body, document.notes) == ("Queue is empty", "Look.", ())


def test_front_matter_wins_over_another_heading_and_it_is_noted() -> None:
    document = read_document("---\ntitle: Queue Empty\n---\n# QueueEmpty\n\nLook.\n", "a.md")
    assert document.title == "Queue Empty"
    assert document.body == "# QueueEmpty\n\nLook."
    assert document.notes == ("title taken from the front matter; the first heading says “QueueEmpty”",)


def test_the_first_heading_names_the_title() -> None:
    assert read_document("# Queue `empty`\n\nLook.\n", "a.md").title == "Queue empty"
    assert read_document("Queue empty\n===========\n\nLook.\n", "a.md").title == "Queue empty"


def test_a_heading_of_a_lower_level_is_no_title() -> None:
    document = read_document("## Meaning\n\nLook.\n", "alerts/queue-empty.html.md")
    assert document.title == "queue empty"
    assert document.body.startswith("## Meaning")


def test_a_hash_in_code_is_no_heading() -> None:
    assert read_document("```\n# not a title\n```\n", "x/index.html.md").title == "x"


def test_broken_front_matter_still_gives_its_title() -> None:
    document = read_document("---\ntitle: Alert: too many\nowner: [a\n---\nLook.\n", "a.md")
    assert document.title == "Alert: too many"
    assert document.notes == ("front matter is not YAML; only its title was read",)


def test_front_matter_that_runs_code_is_not_run() -> None:
    document = read_document("---\ntitle: !!python/object/apply:os.getcwd []\n---\nLook.\n", "a.md")
    assert "python/object" in document.title


@pytest.mark.parametrize("text", ["", "   \n", "---\ntitle: Only this\n---\n", "# Only this\n"])
def test_a_file_without_text_is_refused(text: str) -> None:
    with pytest.raises(Unreadable, match="no text"):
        read_document(text, "a.md")


def test_other_encodings_are_refused_and_line_ends_settled() -> None:
    with pytest.raises(Unreadable, match="byte 1"):
        decode(b"a\xff")
    assert decode(b"\xef\xbb\xbfa\r\nb\rc") == "a\nb\nc"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("[q](Queue.md)", "[q](/sop/SOP-1/)"),
        ("[q](./Queue.md#steps)", "[q](/sop/SOP-1/)"),
        ("[d](/manual/deployments.html#freeze)", "[d](/sop/SOP-2/)"),
        ("[d](../manual/deployments.html)", "[d](/sop/SOP-2/)"),
        ("[s](../start/)", "[s](/sop/SOP-3/)"),
        ('[h]({{< ref "./Queue.md" >}})', "[h](/sop/SOP-1/)"),
        ("[w](https://example.org/a_(b))", "[w](https://example.org/a_(b))"),
        ("[m](mailto:a@example.org)", "[m](mailto:a@example.org)"),
        ("[n](../nowhere.md)", "n (`../nowhere.md`)"),
        ("[up](../../../../etc/passwd)", "up (`../../../../etc/passwd`)"),
        ("[j](javascript:alert(1))", "j (`javascript:alert(1)`)"),
        ("[here](#steps)", "here"),
        ("![chart](images/a.png)", "chart (picture not imported: `images/a.png`)"),
        ("![chart](https://example.org/a.png)", "![chart](https://example.org/a.png)"),
        ("`[q](Queue.md)`", "`[q](Queue.md)`"),
        ("[two\nlines](Queue.md)", "[two\nlines](/sop/SOP-1/)"),
        ("[q]: Queue.md", "[q]: /sop/SOP-1/"),
        ("```\n[q](Queue.md)\n```", "```\n[q](Queue.md)\n```"),
        ("    [q](Queue.md)", "    [q](Queue.md)"),
        ("{{ $labels.node }}", "{{ $labels.node }}"),
        ("<namespace>", "<namespace>"),
        ("<details>\n<summary>More</summary>\n\nText\n\n</details>", "\n**More**\n\n\nText\n\n\n"),
        ("a<br/>b", "a  \nb"),
        ("a<!-- hidden -->b", "ab"),
    ],
)
def test_links_and_pictures_are_settled(written: str, kept: str) -> None:
    assert settled(written) == kept


def test_what_was_changed_is_told_once() -> None:
    notes = settle_body("[n](no.md) [n](no.md) ![p](p.png)", "a.md", KNOWN.get)[1]
    assert notes == ("link leads nowhere here: no.md", "picture not imported: p.png")


def test_a_fence_that_is_never_closed_keeps_its_text() -> None:
    body = "Run\n\n```\n[q](Queue.md)\nmore"
    assert settle_body(body, "team/alerts/a.md", KNOWN.get) == (
        body,
        ("a code fence is never closed: the rest of the text is code",),
    )
    assert settle_body("```\na\n```", "a.md", KNOWN.get)[1] == ()
