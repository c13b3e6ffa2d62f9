"""What people may be called: a name stands beside everything that a person says, and must not speak for the desk."""

from __future__ import annotations

import re
import unicodedata

from puo_desk.kernel.text import normalise_text

# Controls and line ends; marks that turn the direction of what follows; characters that show nothing. The joiners
# U+200C and U+200D stay: Persian and Indic names are spelled with them.
_NOT_IN_NAMES = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
# Cyrillic and Greek letters that look like Latin ones.
_LOOKALIKES = str.maketrans("авеԁіјкмнорѕтухүһԛοατρκυε", "abedijkmhopstuxyhqoatpkue")

_OF_THE_DESK = (
    "the desk", "desk", "puo", "puo desk", "the puo desk", "help desk", "the help desk", "platform user operations",
    "system", "the system", "you", "nobody",
    # What the desk's own parts sign their acts with.
    "sla timer", "sla import", "follow up", "daily report", "check timers", "reapply policies", "create token",
    "replay notifications", "build command", "unsent files",
)  # fmt: skip


def _bare(name: str) -> str:
    """The letters and digits alone, without case, width, accents and alphabet: two names that read alike are one."""
    folded = unicodedata.normalize("NFKD", name.casefold()).casefold().translate(_LOOKALIKES)
    return "".join(sign for sign in folded if sign.isalnum())


_RESERVED = frozenset(map(_bare, _OF_THE_DESK))


def has_hidden_signs(name: str) -> bool:
    """Whether the name holds what cannot be seen, or turns the direction of the text around it."""
    return _NOT_IN_NAMES.search(name) is not None


def is_reserved(name: str) -> bool:
    """Whether the name reads like one that the desk itself goes by."""
    return _bare(name) in _RESERVED


def cleaned_name(name: str) -> str:
    """A name from another system as it may stand here; nothing when it is one of the desk's own."""
    seen = " ".join(_NOT_IN_NAMES.sub(" ", normalise_text(name)).split())
    return "" if is_reserved(seen) else seen
