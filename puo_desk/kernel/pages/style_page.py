"""The living style page: each component in each state, drawn by the same templates that the desk uses.

It shows invented people and numbers, so it needs no permission of its own; the roof mounts it for admins.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from puo_desk.kernel.pages.clock import Kind, clock_bar
from puo_desk.kernel.pages.marks import icon_names
from puo_desk.kernel.pages.markup import fill

MEANINGS = (
    *("canvas", "surface", "surface-sunken", "surface-raised", "surface-active", "surface-inverse"),
    *("accent", "accent-tint", "breach-solid", "breach-tint", "warn-solid", "warn-tint"),
    *("ok-solid", "ok-tint", "paused-tint", "note-tint"),
)


class SpecimenForm(forms.Form):
    """One field of each kind, some of them refused."""

    queue = forms.CharField(label="Which queue", help_text="As it is named in the console.")
    until = forms.DateField(label="Until", widget=forms.DateInput(attrs={"type": "text"}))
    platform = forms.ChoiceField(label="Platform", choices=[("review", "Review Console"), ("policy", "Policy Studio")])
    policy = forms.CharField(label="Policy", initial="Set by the policy", disabled=True, required=False)
    steps = forms.CharField(label="What did you try?", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    impact = forms.ChoiceField(
        label="Who is affected?",
        choices=[("me", "Only me"), ("team", "My team"), ("many", "Many teams")],
        widget=forms.RadioSelect,
    )
    markets = forms.MultipleChoiceField(
        label="Markets",
        choices=[("br", "Brazil"), ("de", "Germany"), ("in", "India")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    told = forms.BooleanField(label="Tell me when it is fixed", required=False)
    agreed = forms.BooleanField(label="I have read the known incidents")
    screenshot = forms.FileField(label="Screenshot", required=False)


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """All components with invented content; both themes by the switch at its top."""
    return render(request, "style_page.html", specimens())


def specimens() -> dict[str, Any]:
    """What the components are shown with."""
    now = timezone.now().replace(second=0, microsecond=0)
    return {
        "now": now,
        "form": _refused_form(),
        "meanings": MEANINGS,
        "icons": sorted(icon_names()),
        "at": {name: now + timedelta(minutes=minutes) for name, minutes in _OFFSETS.items()},
        "reply_parts": _REPLY_PARTS,
        "impacts": _IMPACTS,
        "statuses": _STATUSES,
        "rows": _rows(now),
        "menu_lines": _MENU,
        "segments": _segments(now),
        "figures": _FIGURES,
        "table_columns": _TABLE_COLUMNS,
        "table_rows": _table_rows(),
        "trace": _trace(now),
        "evidence_columns": _EVIDENCE_COLUMNS,
        "evidence_rows": _EVIDENCE_ROWS,
        "message_text": _SYMPTOM,
        "note_text": _NOTE,
        "prose": _PROSE,
    } | _bars(now)


def _refused_form() -> SpecimenForm:
    form = SpecimenForm(
        {"queue": "Minor safety, video", "until": "31/11", "platform": "review", "impact": "team", "markets": ["br"]}
    )
    form.is_valid()
    return form


def _bars(now: datetime) -> dict[str, Any]:
    """Clocks of promises: one that paused, one late, one that soon will be."""

    def at(minutes: int) -> datetime:
        return now + timedelta(minutes=minutes)

    stretches: list[tuple[Kind, datetime, datetime]] = [
        ("ran", at(-56), at(-25)),
        ("paused", at(-25), at(-9)),
        ("ran", at(-9), now),
    ]
    return {
        "paused_bar": clock_bar(stretches, due_at=at(64), now=now),
        "late_bar": clock_bar([("ran", at(-21), now)], due_at=at(-6), now=now),
        "warn_bar": clock_bar([("ran", at(-17), now)], due_at=at(13), now=now, tone="warning"),
    }


def _segments(now: datetime) -> list[dict[str, Any]]:
    lines = (
        ("ran", 56, "Ran", "opened in chat", 31),
        ("paused", 25, "Paused", "waiting on requester", 16),
        ("ran", 9, "Runs", "requester answered", 9),
    )
    return [
        {"kind": kind, "started_at": now - timedelta(minutes=before), "verb": verb, "cause": cause, "span": 60 * span}
        for kind, before, verb, cause, span in lines
    ]


def _table_rows() -> list[list[dict[str, Any]]]:
    lines = (("Review Console", 78, "5 min", 5), ("Policy Studio", 41, "6 min", 2), ("Appeal Console", 36, "9 min", 6))
    return [
        [{"text": name}, _number(opened), {"text": median, "numeric": True}, _number(breaches)]
        for name, opened, median, breaches in lines
    ]


def _trace(now: datetime) -> list[dict[str, Any]]:
    lines = (
        ("told", "Level 1:", "Priya Raman", ", on call, told in chat"),
        ("failed", "Level 1:", "Priya Raman", ": no answer in 5 min"),
        ("acknowledged", "Level 2:", "Daniel Osei", " acknowledged"),
    )
    return [{"state": state, "lead": lead, "who": who, "text": text, "at": now} for state, lead, who, text in lines]


def _number(value: int) -> dict[str, Any]:
    return {"text": value, "url": "#", "numeric": True}


def _rows(now: datetime) -> list[dict[str, Any]]:
    """(state, priority, number, subject, rest, who, status shape, status, deadline state, minutes)"""
    lines = (
        ("", 3, 4093, "Read", "No new message since you looked", "Adele Dupont", "open", "Open", "ok", 146),
        ("is-unread", 2, 4104, "Unread", "Heavier, with a dot", "Jonas Weber", "open", "Open", "ok", 100),
        ("is-hover", 3, 4086, "Hover", "The box becomes clear", "Sina Kurz", "progress", "In progress", "ok", 190),
        (
            "is-cursor",
            2,
            4127,
            "Cursor",
            "Bar at the left, moved by j and k",
            "Jonas Weber",
            "progress",
            "In progress",
            "warning",
            13,
        ),
        ("is-selected", 3, 4129, "Selected", "Tint and a checked box", "", "new", "New", "warning", 9),
        ("", 1, 4131, "Breached", "Another agent is here", "Mei Lin", "progress", "In progress", "breached", -6),
        ("", 4, 4052, "Handed over", "Waits for engineering", "Mei Lin", "handed", "Engineering", "paused", 0),
    )
    names = ("state", "priority", "number", "subject", "rest", "who", "shape", "status", "deadline", "minutes")
    rows: list[dict[str, Any]] = [dict(zip(names, line, strict=True)) for line in lines]
    for row in rows:
        row["due_at"] = now + timedelta(minutes=row["minutes"])
    return rows


_OFFSETS = {"ok": 72, "warning": 13, "breached": -6, "met": 30, "sent": -21, "earlier": -3000, "settled": 6}
_REPLY_PARTS = [
    {"value": "reply", "label": "Reply", "icon": "reply", "chosen": True},
    {"value": "note", "label": "Note", "icon": "lock", "tone": "note"},
]
_IMPACTS = [
    {"value": "me", "label": "Only me", "help": "One person"},
    {"value": "team", "label": "My team", "help": "2 to 50 people"},
    {"value": "many", "label": "Many teams", "help": "A site or region"},
]
_TABLE_COLUMNS = [
    {"name": "Platform", "url": "#", "sort": "ascending"},
    {"name": "Opened", "numeric": True, "url": "#"},
    {"name": "First reply, median", "numeric": True},
    {"name": "Breaches", "numeric": True},
]
_EVIDENCE_COLUMNS = [
    {"name": "queue_key"},
    {"name": "pending", "numeric": True},
    {"name": "routable", "numeric": True},
]
_EVIDENCE_ROWS: list[dict[str, Any]] = [
    {
        "changed": True,
        "cells": [
            {"value": "minor_safety_video"},
            {"value": 329, "was": 312, "numeric": True},
            {"value": 41, "was": 0, "numeric": True},
        ],
    },
    {
        "cells": [
            {"value": "minor_safety_image"},
            {"value": 140, "numeric": True},
            {"value": 140, "numeric": True},
        ]
    },
]
_STATUSES = [
    ("new", "New"),
    ("open", "Open"),
    ("progress", "In progress"),
    ("pending", "Pending"),
    ("handed", "Engineering"),
    ("resolved", "Resolved"),
    ("closed", "Closed"),
]
_MENU = [
    {"label": "Pending", "icon": "status-pending", "key": "Ctrl+Enter", "current": True},
    {"label": "In progress", "icon": "status-progress"},
    {"label": "Resolved", "icon": "status-resolved", "key": "e"},
    {"label": "Send later", "icon": "snooze", "gap": True},
    {"label": "Delete draft", "icon": "trash-2", "danger": True},
]
_FIGURES = [
    {
        "name": "Opened",
        "value": 214,
        "compare": [{"label": "Fri", "value": 198, "change": "+16"}, {"label": "7-day", "value": 205, "change": "+9"}],
    },
    {
        "name": "First reply in time",
        "value": "96.3",
        "unit": "%",
        "compare": [
            {"label": "Fri", "value": "97.5", "change": "−1.2", "word": "worse", "tone": "worse"},
            {"label": "7-day", "value": "96.9", "change": "−0.6", "word": "worse", "tone": "worse"},
        ],
    },
    {
        "name": "Reopened",
        "value": 6,
        "compare": [
            {"label": "Fri", "value": 9, "change": "−3", "word": "better", "tone": "better"},
            {"label": "7-day", "value": 8, "change": "−2", "word": "better", "tone": "better"},
        ],
    },
]
_SYMPTOM = fill("<p>Since about 07:50 the queue says <strong>No items</strong> for my whole shift.</p>")
_NOTE = fill("<p>Rule <code>rr-v12</code> went live at 07:48. <span class='mention'>@Mei Lin</span></p>")
_PROSE = fill("""<h2>Queue shows no items</h2>
<p>If <strong>routable</strong> is 0 while <code>pending</code> is not, a rule
excludes the region. See <a href="#">SOP-104</a>.</p><ol><li>Confirm who sees it</li><li>Compare with the dashboard
<ul><li>by hour</li></ul></li></ol><blockquote><p>Write again within 30 minutes.</p></blockquote>
<pre><code>select queue_key from routing_state</code></pre>""")
