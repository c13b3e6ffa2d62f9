"""Every kind that an app has registered can be shown."""

from __future__ import annotations

from puo_desk.kernel.pages.marks import icon_names
from puo_desk.notifications import extension
from puo_desk.notifications.wording import word


def test_every_kind_has_an_icon_and_words_that_take_any_facts() -> None:
    for kind in extension._kinds.values():
        assert kind.icon in icon_names(), kind.code
        wording = word(kind.code, {})
        assert wording.title and "%(" not in wording.title + wording.body, kind.code
