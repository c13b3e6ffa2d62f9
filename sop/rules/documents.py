"""Reading a Markdown file as a procedure: its title, its links, what of it cannot come along."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

import yaml
from markdown_it import MarkdownIt

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?\n)?---[ \t]*(?:\n|\Z)", re.S)
_TITLE_LINE = re.compile(r"^title:[ \t]*(.+?)[ \t]*$", re.M)
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.S)
# A Hugo reference is not a Markdown target, for it holds spaces; it means the same as a relative link.
_TARGET = (
    r"""<(?P<angled>[^<>\n]*)>|\{\{<\s*(?:rel)?ref\s+"(?P<ref>[^"]+)"\s*>\}\}"""
    r"""|(?P<bare>[^\s()<>]+(?:\([^\s()]*\)[^\s()<>]*)*)"""
)
_INLINE_LINK = re.compile(
    r"(?P<bang>!?)\[(?P<words>(?:\\.|[^\[\]\\]|\[[^\[\]]*\])*)\]\(\s*(?:"
    + _TARGET
    + r""")(?:\s+(?:"[^"]*"|'[^']*'))?\s*\)"""
)
_DEFINITION = re.compile(
    r"^(?P<head> {0,3}\[(?P<label>[^\[\]\n]+)\]:[ \t]*)<?(?P<target>[^\s<>]+)>?(?P<tail>.*)$", re.M
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.I)
_WORKING_SCHEMES = ("http://", "https://", "mailto:")
_COMMENT = re.compile(r"<!--.*?-->", re.S)
_SUMMARY = re.compile(r"[ \t]*<summary>\s*(.*?)\s*</summary>[ \t]*\n?", re.S | re.I)
_DETAILS = re.compile(r"[ \t]*</?details(?:\s[^>]*)?>[ \t]*\n?", re.I)
_BREAK = re.compile(r"<br\s*/?>[ \t]*\n?", re.I)

Resolve = Callable[[str], str | None]
"""From a path inside the imported folder to the address of the procedure it became; None when it is none."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file as read: its title, its text without front matter, and what is worth telling about it."""

    title: str
    body: str
    notes: tuple[str, ...] = ()


class Unreadable(ValueError):
    """The file is no procedure; the reason is a sentence."""


def decode(raw: bytes) -> str:
    """The text of a file, with plain line ends. Raises: Unreadable when it is not UTF-8."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"is not UTF-8 (byte {error.start})") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_document(text: str, path: str) -> Document:
    """Title and text of a file: the title of the front matter, or the first heading, or the file's name.

    When front matter and heading differ the front matter's title is taken and the heading stays in the text.
    Raises: Unreadable for a file without text.
    """
    matter, body, notes = _split_front_matter(text)
    body = body.strip("\n")
    heading, rest = _first_heading(body)
    given = " ".join(str(matter.get("title") or "").split())
    if given and heading and given != heading:
        notes.append(f"title taken from the front matter; the first heading says “{heading}”")
    if given:
        title = given
    elif heading:
        title = heading
    else:
        title = _name_of(path)
        notes.append(f"has no title; named after its file: “{title}”")
    if heading == title:
        body = rest
    if not body.strip():
        raise Unreadable("has no text")
    return Document(title, body, tuple(notes))


def _split_front_matter(text: str) -> tuple[Mapping[str, Any], str, list[str]]:
    found = _FRONT_MATTER.match(text)
    if not found:
        return {}, text, []
    block = found[1] or ""
    try:
        matter = yaml.safe_load(block)
        notes: list[str] = []
    except (yaml.YAMLError, ValueError):
        line = _TITLE_LINE.search(block)
        matter = {"title": line[1].strip("\"'")} if line else {}
        notes = ["front matter is not YAML; only its title was read"]
    return (matter if isinstance(matter, Mapping) else {}), text[found.end() :], notes


def _first_heading(body: str) -> tuple[str, str]:
    """The document's first heading when it is of the first level, and the text without it."""
    tokens = _parser().parse(body)
    for position, token in enumerate(tokens):
        if token.type == "heading_open":
            if token.tag != "h1" or token.map is None:
                return "", body
            lines = body.split("\n")
            begin, end = token.map
            rest = "\n".join(lines[:begin] + lines[end:]).strip("\n")
            return " ".join(_plain(tokens[position + 1].children or []).split()), rest
    return "", body


def _plain(tokens: list[Any]) -> str:
    return "".join(token.content if token.type in ("text", "code_inline") else " " for token in tokens)


def _name_of(path: str) -> str:
    name = posixpath.basename(path).split(".")[0]
    if name == "index":
        name = posixpath.basename(posixpath.dirname(path)) or name
    return name.replace("-", " ").replace("_", " ").strip() or path


def settle_body(body: str, path: str, resolve: Resolve) -> tuple[str, tuple[str, ...]]:
    """The text as it can stand here, and what was changed about it. Code stays as it is.

    A link to another imported file becomes a link to its procedure; one that leads nowhere becomes its words
    and its target; a picture of the folder its description. ``<details>``, ``<summary>``, ``<br>`` and comments
    of HTML become Markdown; all other HTML stays, to be shown as typed.
    """
    notes: list[str] = []
    pieces = [piece if is_code else _settle_prose(piece, path, resolve, notes) for piece, is_code in _pieces(body)]
    if _ends_in_open_fence(body):
        notes.append("a code fence is never closed: the rest of the text is code")
    return "".join(pieces), tuple(dict.fromkeys(notes))


def _pieces(body: str) -> Iterator[tuple[str, bool]]:
    """The text cut at the borders of code blocks, with whether a piece is code."""
    lines = body.splitlines(keepends=True)
    is_code = [False] * len(lines)
    for token in _parser().parse(body):
        if token.type in ("fence", "code_block") and token.map is not None:
            for line in range(token.map[0], min(token.map[1], len(lines))):
                is_code[line] = True
    begin = 0
    for position in range(1, len(lines) + 1):
        if position == len(lines) or is_code[position] != is_code[begin]:
            yield "".join(lines[begin:position]), is_code[begin]
            begin = position


def _settle_prose(piece: str, path: str, resolve: Resolve, notes: list[str]) -> str:
    settled: list[str] = []
    end = 0
    for span in _CODE_SPAN.finditer(piece):
        settled.append(_settle_words(piece[end : span.start()], path, resolve, notes))
        settled.append(span[0])
        end = span.end()
    settled.append(_settle_words(piece[end:], path, resolve, notes))
    return "".join(settled)


def _settle_words(words: str, path: str, resolve: Resolve, notes: list[str]) -> str:
    words = _html_as_markdown(words, notes)
    words = _INLINE_LINK.sub(lambda found: _settle_link(found, path, resolve, notes), words)
    return _DEFINITION.sub(lambda found: _settle_definition(found, path, resolve, notes), words)


def _html_as_markdown(words: str, notes: list[str]) -> str:
    settled = _COMMENT.sub("", words)
    settled = _SUMMARY.sub(lambda found: f"**{' '.join(found[1].split())}**\n\n" if found[1].strip() else "", settled)
    settled = _BREAK.sub("  \n", _DETAILS.sub("\n", settled))
    if settled != words:
        notes.append("HTML for folding, line breaks or comments was turned into Markdown")
    return settled


def _settle_link(found: re.Match[str], path: str, resolve: Resolve, notes: list[str]) -> str:
    target = found["angled"] or found["ref"] or found["bare"] or ""
    words = found["words"]
    if found["bang"]:
        if target.lower().startswith(("http://", "https://")):
            return found[0]
        notes.append(f"picture not imported: {target}")
        return f"{words or 'Picture'} (picture not imported: `{target}`)"
    if target.lower().startswith(_WORKING_SCHEMES):
        return found[0]
    if address := _address_of(target, path, resolve):
        return f"[{words}]({address})"
    if target.startswith("#"):
        return words
    notes.append(f"link leads nowhere here: {target}")
    return f"{words} (`{target}`)"


def _settle_definition(found: re.Match[str], path: str, resolve: Resolve, notes: list[str]) -> str:
    target = found["target"]
    if target.lower().startswith(_WORKING_SCHEMES) or found["label"].startswith("^"):
        return found[0]
    if address := _address_of(target, path, resolve):
        return f"{found['head']}{address}{found['tail']}"
    notes.append(f"link leads nowhere here: {target}")
    return ""


def _address_of(target: str, path: str, resolve: Resolve) -> str | None:
    if _SCHEME.match(target) or target.startswith(("#", "//")):
        return None
    bare = unquote(target.split("#")[0].split("?")[0])
    if not bare:
        return None
    for candidate in _candidates(bare, path):
        if address := resolve(candidate):
            return address
    return None


def _candidates(bare: str, path: str) -> Iterator[str]:
    """Where a target may lie: beside the file, or below any folder above it when it begins with a slash."""
    folder = posixpath.dirname(path)
    if bare.startswith("/"):
        parts = folder.split("/") if folder else []
        roots = ["/".join(parts[:depth]) for depth in range(len(parts) + 1)]
    else:
        roots = [folder]
    for root in roots:
        place = posixpath.normpath(posixpath.join(root, bare.lstrip("/")))
        if place.startswith(".."):
            continue
        stem = place.removesuffix(".md").removesuffix(".html")
        for ending in ("", ".md", ".html.md", "/index.html.md", "/index.md", "/README.md"):
            yield f"{stem}{ending}"


def _ends_in_open_fence(body: str) -> bool:
    tokens = [token for token in _parser().parse(body) if token.type == "fence" and token.map is not None]
    if not tokens or tokens[-1].map is None:
        return False
    last, lines = tokens[-1], body.split("\n")
    begin, end = tokens[-1].map
    closing = lines[min(end, len(lines)) - 1].strip().lstrip("> ")
    return end - begin < 2 or not (closing.startswith(last.markup) and set(closing) == set(last.markup))


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False})
