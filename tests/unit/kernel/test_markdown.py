"""Markdown that people wrote: what survives, and what never does."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.utils.safestring import SafeString
from hypothesis import given, settings
from hypothesis import strategies as st

from puo_desk.kernel.pages.markdown import plain_text_preview, render_markdown


def inner(text: str) -> str:
    html = render_markdown(text)
    assert isinstance(html, SafeString)
    assert html.startswith('<div class="prose" hx-disable>')
    assert html.endswith("</div>")
    return html[len('<div class="prose" hx-disable>') : -len("</div>")].strip()


@contextmanager
def to_an_end() -> Iterator[None]:
    """What grows with the square of a text would take minutes; a busy machine is given one."""

    def give_up(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(60)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# Title", "<h2>Title</h2>"),
        ("###### Deep", "<h6>Deep</h6>"),
        ("a\nb", "<p>a<br>\nb</p>"),
        ("~~gone~~ **bold** *soft* `code`", "<p><s>gone</s> <strong>bold</strong> <em>soft</em> <code>code</code></p>"),
        ("```sql\nselect 1\n```", '<pre tabindex="0"><code class="language-sql">select 1\n</code></pre>'),
        (
            "see https://example.org/a?b=1&c=2",
            '<p>see <a href="https://example.org/a?b=1&amp;c=2" rel="noopener noreferrer nofollow">'
            "https://example.org/a?b=1&amp;c=2</a></p>",
        ),
        ("run deploy.sh, read notes.md on www.example.org", "<p>run deploy.sh, read notes.md on www.example.org</p>"),
        ("- [ ] to do\n- [x] done", "<ul>\n<li>☐ to do</li>\n<li>☑ done</li>\n</ul>"),
        ("[ ] no list", "<p>[ ] no list</p>"),
        ("![shot](/attachments/ab12/1.png)", '<p><img src="/attachments/ab12/1.png" alt="shot" loading="lazy"></p>'),
        (
            "![spy](https://evil.example/p.gif)",
            '<p><a href="https://evil.example/p.gif" rel="noopener noreferrer nofollow">spy</a></p>',
        ),
        ("![x](//evil.example/p.gif)", "<p>x</p>"),
        ("![x](/attachments/../admin/)", "<p>x</p>"),
        ("![x](data:image/png;base64,AAAA)", "<p>x</p>"),
    ],
)
def test_rendering(text: str, html: str) -> None:
    assert inner(text) == html


def test_table_alignment_becomes_a_class() -> None:
    html = inner("| a | b |\n|---|--:|\n| 1 | 2 |")
    assert '<td class="align-right">2</td>' in html
    assert "style" not in html


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("(see https://e.org/a_(b).)", ["https://e.org/a_(b)"]),
        ("https://e.org/a_b_c*d, then http://e.org", ["https://e.org/a_b_c*d", "http://e.org"]),
        ("见 https://e.org/路径，然后", ["https://e.org/%E8%B7%AF%E5%BE%84"]),
        ("**https://e.org/x**", ["https://e.org/x"]),
        ("`https://e.org` and [https://e.org/y](https://e.org/z)", ["https://e.org/z"]),
        ("//e.org/ ftp://e.org javascript://e.org/%0aalert(1) https:// http://.", []),
    ],
)
def test_only_whole_web_addresses_are_linked(text: str, addresses: list[str]) -> None:
    assert re.findall(r'href="([^"]*)"', inner(text)) == addresses


@pytest.mark.parametrize(
    "piece", ["//a.b/", "http://- ", "https://[::", "http://", "https://a.b/ ", "mailto:", "a@b.c,"]
)
def test_a_text_full_of_addresses_is_read_in_time(piece: str) -> None:
    with to_an_end():
        render_markdown((piece * 100_000)[:100_000])


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](vbscript:x)",
    "[x](data:text/html,<script>alert(1)</script>)",
    "<a hx-get='/x' hx-trigger='load'>x</a>",
    '<div hx-on:load="x">',
    "[x](https://e.org 'onmouseover=alert(1)')",
    '[x](https://e.org "\\" onmouseover=\\"alert(1)")',
    "![a](https://e.org/x.png \"onload='x'\")",
    '![" onerror="alert(1)](/attachments/a.png)',
    '![a](/attachments/a.png" onerror="alert(1))',
    "<svg/onload=alert(1)>",
    "```<script>\n</script>\n```",
    "<https://e.org/<script>>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "</div><form action=//evil>",
    "<style>*{display:none}</style>",
    "<!-- --><base href=//evil>",
    "[a]: javascript:alert(1)\n\n[a]",
]
TAG = re.compile(r"<(\w+)([^>]*)>")
ALLOWED = {
    "a", "blockquote", "br", "code", "em", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li", "ol", "p", "pre", "s",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTE = re.compile(r'\s([\w:-]+)(?:="([^"]*)")?')


def assert_harmless(html: str) -> None:
    for tag, rest in TAG.findall(html):
        assert tag in ALLOWED, html
        for name, value in ATTRIBUTE.findall(rest):
            assert name in {"href", "src", "alt", "title", "class", "rel", "start", "loading", "tabindex"}, html
            if name == "src":
                assert value.startswith("/attachments/"), html
            if name == "href":
                assert not re.match(r"\s*(javascript|vbscript|data):", value, re.I), html


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_harmful_survives(text: str) -> None:
    assert_harmless(inner(text))


FRAGMENT = st.sampled_from(
    [*HOSTILE, "*", "_", "`", "[", "](", ")", "!", "\n", "> ", "- ", "1. ", "<", ">", '"', "'", "|", "#", "a"]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(FRAGMENT, max_size=12).map("".join))
def test_no_mixture_of_fragments_is_harmful(text: str) -> None:
    assert_harmless(inner(text))


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_any_text_renders(text: str) -> None:
    assert_harmless(inner(text.encode("utf-8", "ignore").decode()))


@pytest.mark.parametrize(
    "text", ["[" * 5_000, "*a " * 5_000, "> " * 5_000, "`" * 10_000, "![" * 5_000, "a@" * 5_000, "<" * 20_000]
)
def test_no_text_takes_for_ever(text: str) -> None:
    with to_an_end():
        inner(text * 4)


def test_preview() -> None:
    assert plain_text_preview("# Head\n\nSome **bold** [link](https://e.org) and `code`.\n\n- one\n- two") == (
        "Head Some bold link and code. one two"
    )
    assert plain_text_preview("word " * 100, 20) == "word word word word…"
    assert plain_text_preview("x" * 100, 20) == "x" * 19 + "…"
    assert plain_text_preview("") == ""


@pytest.mark.parametrize(
    ("text", "levels"), [("## a\n### b", ["h2", "h3"]), ("# a\n## b", ["h2", "h3"]), ("#### a", ["h2"])]
)
def test_the_highest_heading_of_a_document_is_the_second_level(text: str, levels: list[str]) -> None:
    assert re.findall(r"<(h\d)>", render_markdown(text, keep_lines=False)) == levels


def test_the_lines_of_a_documents_paragraph_flow() -> None:
    assert "<p>a\nb</p>" in render_markdown("a\nb", keep_lines=False)
