"""Markdown that people wrote, as HTML that can do nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from puo_desk.kernel.pages.markup import OWN_IMAGE, cleaned_prose

_WEB_ADDRESS = re.compile(r"https?://", re.I)
_TASK = re.compile(r"\[([ xX])\] ")
_ALIGNED = {
    "text-align:left": "align-left",
    "text-align:center": "align-center",
    "text-align:right": "align-right",
}


def render_markdown(text: str, *, keep_lines: bool = True) -> SafeString:
    """The text as a block of safe HTML.

    ``keep_lines`` shows each typed line on its own, as people write messages; without it the lines of a
    paragraph flow together, as documents are written.

    No raw HTML, no scripts, no ids; links carry ``noopener noreferrer nofollow``; a remote picture is a link
    to it, for loading it would tell a stranger who reads; headings begin at the second level; htmx ignores
    everything inside.
    """
    parser = _parser(keep_lines)
    return cleaned_prose(parser.renderer.render(_parsed(text, keep_lines), parser.options, {}))


def plain_text_preview(text: str, length: int = 160) -> str:
    """The first words of the text without markup, at most ``length`` characters, cut between words."""
    # Four times the length is enough for the markup around it, and keeps long texts cheap.
    words = " ".join(" ".join(_words(_parsed(text[: length * 4 + 200]))).split())
    if len(words) <= length:
        return words
    cut = words[:length].rpartition(" ")[0]
    return f"{cut if len(cut) > length // 2 else words[: length - 1]}…"


_ADDRESS = re.compile(
    r"https?://[^\s<>\"`\u00ab\u00bb\u2018-\u201f\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]{1,2000}",
    re.I,
)
_ENDS_NO_ADDRESS = ".,;:!?*_~'"
_OPENED_BY = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True, slots=True)
class _Found:
    """An address in a text, as the parser's rule for plain addresses asks for it."""

    index: int
    text: str
    schema: str = "https:"

    @property
    def url(self) -> str:
        return self.text

    @property
    def last_index(self) -> int:
        return self.index + len(self.text)


class _PlainAddresses:
    """Finds addresses in plain words, in one pass: the library's own search takes a minute for a hostile text.

    Only what says https:// is an address: among people who run systems, deploy.sh and notes.md are files.
    """

    def pretest(self, text: str) -> bool:
        return "://" in text

    test = pretest

    def match(self, text: str) -> list[_Found]:
        found = (_Found(each.start(), _without_end(each.group())) for each in _ADDRESS.finditer(text))
        return [each for each in found if not each.text.endswith("//")]


def _without_end(address: str) -> str:
    """The address without what belongs to the sentence around it: a full stop, a bracket opened before it."""
    while address:
        last = address[-1]
        opener = _OPENED_BY.get(last)
        if last not in _ENDS_NO_ADDRESS and (opener is None or address.count(last) <= address.count(opener)):
            break
        address = address[:-1]
    return address


@lru_cache(maxsize=1)
def _parsed(text: str, keep_lines: bool = True) -> Sequence[Token]:
    """What the parser reads; a message's preview is made of the same words right after its HTML."""
    return _parser(keep_lines).parse(text)


@lru_cache(maxsize=2)
def _parser(keep_lines: bool = True) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": keep_lines})
    parser.enable(["table", "strikethrough", "linkify"])
    # The same rule among the inline ones reads all that came before at each "://": seconds for a hostile text.
    parser.inline.ruler.disable("linkify")
    parser.linkify = _PlainAddresses()
    parser.core.ruler.push("desk", _settle_tokens)
    parser.add_render_rule("image", _image)
    return parser


def _settle_tokens(state: StateCore) -> None:
    """Settle headings, write task boxes as signs, and turn alignment styles into classes.

    The page's title is the first level. A message's headings stand one level lower than typed; those of a
    document, whose writer may begin with either level, so that its highest ones are the second.
    """
    levels = [int(token.tag[1]) for token in state.tokens if token.type == "heading_open"]
    lowered = 1 if state.md.options["breaks"] else 2 - min(levels, default=1)
    for position, token in enumerate(state.tokens):
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + lowered, 6)}"
        elif token.type in {"th_open", "td_open"} and "style" in token.attrs:
            token.attrs = {"class": _ALIGNED.get(str(token.attrs["style"]), "align-left")}
        elif token.type == "inline" and position > 1 and state.tokens[position - 2].type == "list_item_open":
            _write_task_box(token)


def _write_task_box(token: Token) -> None:
    first = token.children[0] if token.children else None
    if first is not None and first.type == "text" and (found := _TASK.match(first.content)):
        first.content = ("☐ " if found[1] == " " else "☑ ") + first.content[found.end() :]


def _image(
    self: RendererHTML, tokens: Sequence[Token], position: int, options: Any, env: MutableMapping[str, Any]
) -> str:
    token = tokens[position]
    source, words = str(token.attrs.get("src", "")), token.content
    if OWN_IMAGE.fullmatch(source):
        return f'<img src="{escape(source)}" alt="{escape(words)}" loading="lazy">'
    if _WEB_ADDRESS.match(source):
        return f'<a href="{escape(source)}">{escape(words or source)}</a>'
    return escape(words)


def _words(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type == "inline":
            yield "".join(_inline_text(token.children or []))
        elif token.type in {"fence", "code_block"}:
            yield token.content


def _inline_text(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type in {"text", "code_inline", "image"}:
            yield token.content
        elif token.type in {"softbreak", "hardbreak"}:
            yield " "
