"""The timeline's sentences about promises."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from escalations.events import PolicyApplied, PromiseBreached, PromiseWarned
from escalations.web.words import metric_name
from puo_desk.kernel.pages.times import moment_text, span_text
from tickets.queries.timeline import Names, register_sentence


def _applied(facts: Mapping[str, Any], names: Names) -> str:
    if facts["policy_version"] is None:
        return _("no promise applies any more")
    return _("promises of priority P%(priority)s applied") % facts


def _warned(facts: Mapping[str, Any], names: Names) -> str:
    words = {"percent": facts["percent"], "metric": metric_name(facts["metric"])}
    return _("%(percent)s %% of the time for %(metric)s used") % words


def _breached(facts: Mapping[str, Any], names: Names) -> str:
    due_at = datetime.fromisoformat(facts["due_at"])
    return _("%(metric)s is late: promised within %(span)s, by %(time)s") % {
        "metric": metric_name(facts["metric"]),
        "span": span_text(facts["target_seconds"]),
        "time": moment_text(due_at, now=due_at),
    }


def register_sentences() -> None:
    register_sentence(PolicyApplied.kind, _applied)
    register_sentence(PromiseWarned.kind, _warned)
    register_sentence(PromiseBreached.kind, _breached)
