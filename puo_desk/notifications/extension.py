"""What other apps plug in: the kinds of things that people are told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from puo_desk.notifications.vocabulary import Channel, Tone


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of news.

    ``title`` and ``body`` are lazy translations with named tokens (``%(number)s``) that the facts fill;
    ``channels`` are the ways it goes unless the teller says otherwise; ``urgent`` mails never wait for a
    digest.
    """

    code: str
    title: Any
    body: Any
    channels: tuple[Channel, ...]
    tone: Tone
    urgent: bool
    icon: str


_kinds: dict[str, Kind] = {}


def register_kind(
    code: str,
    title: Any,
    body: Any = "",
    *,
    channels: Iterable[Channel | str] = (Channel.IN_APP, Channel.MAIL),
    tone: Tone | str = Tone.PLAIN,
    urgent: bool = False,
    icon: str = "bell",
) -> Kind:
    """Make a kind known; called from ``AppConfig.ready()``. The same code again replaces it."""
    kind = Kind(code, title, body, tuple(Channel(channel) for channel in channels), Tone(tone), urgent, icon)
    _kinds[code] = kind
    return kind


def find_kind(code: str) -> Kind | None:
    """The kind of that code; None when the app that told it is gone."""
    return _kinds.get(code)


def get_kind(code: str) -> Kind:
    """The kind of that code. Raises: LookupError for one that nobody registered."""
    try:
        return _kinds[code]
    except KeyError:
        raise LookupError(f"No app has registered the notification kind {code!r}.") from None
