"""The live topics of a person: open pages refetch the bell when they hear one."""

from __future__ import annotations

from collections.abc import Collection

from puo_desk.kernel.live.publish import publish

_AT_ONCE = 500
"""Topics in one message: a breach may be told to thousands."""


def topic_of(user_id: int) -> str:
    """The topic that only this person's pages may hear."""
    return f"user.{user_id}"


def announce(user_ids: Collection[int]) -> None:
    """After the commit, tell these people's open pages that something is new. Best effort."""
    ordered = sorted(user_ids)
    for start in range(0, len(ordered), _AT_ONCE):
        publish(map(topic_of, ordered[start : start + _AT_ONCE]), changed="notifications")
