"""How procedures look on pages: chips, shares, the lines of a difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sop.models import Article
from sop.queries.articles import ArticlePage
from sop.queries.effect import Effect
from sop.vocabulary import ArticleState, Outcome

STATE_CHIPS: dict[str, tuple[str, str]] = {
    ArticleState.DRAFT.value: ("pencil", "warn"),
    ArticleState.PUBLISHED.value: ("check", "ok"),
    ArticleState.ARCHIVED.value: ("archive", "paused"),
}
OUTCOME_CHIPS: dict[str, tuple[str, str]] = {
    Outcome.UNKNOWN.value: ("hourglass", "line"),
    Outcome.SOLVED.value: ("check", "ok"),
    Outcome.NOT_SOLVED.value: ("x", "breach"),
    Outcome.REOPENED.value: ("rotate-ccw", "warn"),
}


@dataclass(frozen=True, slots=True)
class Chip:
    """The parts of the chip component."""

    label: Any
    icon: str
    tone: str


def state_chip(state: str, version: int | None = None) -> Chip:
    """The state as a chip, with the number of the version that it speaks of."""
    icon, tone = STATE_CHIPS[state]
    label = ArticleState(state).label
    return Chip(f"{label}, v{version}" if version else label, icon, tone)


def version_chip(shown: ArticlePage) -> Chip:
    """What the version on the page is: in force, waiting, or of the past."""
    article, number = shown.article, shown.version.number
    if shown.is_published_version or article.state != ArticleState.PUBLISHED:
        return state_chip(article.state, number)
    if shown.is_newest_version:
        return Chip(_("Not published, v%(number)s") % {"number": number}, "pencil", "warn")
    return Chip(_("Earlier, v%(number)s") % {"number": number}, "history", "line")


def audience_chip(article: Article) -> Chip:
    if article.is_public:
        return Chip(gettext_lazy("Requesters see it"), "globe", "line")
    return Chip(gettext_lazy("Agents only"), "lock", "note")


def outcome_chip(outcome: str) -> Chip:
    icon, tone = OUTCOME_CHIPS[outcome]
    return Chip(Outcome(outcome).label, icon, tone)


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of the meter, in units of 1000."""

    x: int
    width: int
    tone: str


def effect_bars(effect: Effect) -> list[Bar]:
    """The meter "where uses end": solved, came back or not solved, not known yet."""
    if not effect.applied:
        return []
    bars, at = [], 0
    for count, tone in ((effect.solved, "ok"), (effect.reopened + effect.not_solved, "bad"), (effect.unknown, "rest")):
        width = round(count * 1000 / effect.applied)
        if width:
            bars.append(Bar(at, max(4, width - 4), tone))
        at += width
    return bars


def effect_sentence(effect: Effect) -> str:
    """The same in words."""
    return _("%(solved)s solved, %(failed)s not solved, %(reopened)s came back, %(unknown)s not known yet") % {
        "solved": effect.solved,
        "failed": effect.not_solved,
        "reopened": effect.reopened,
        "unknown": effect.unknown,
    }


def whole_percent(share: float | None) -> str:
    """``83 %``; a dash when nothing is known."""
    return "–" if share is None else f"{round(share * 100)} %"
