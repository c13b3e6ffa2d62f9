from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from puo_desk.kernel.actor import Actor
from sop.models import Article
from sop.operations.articles import ArticleText, create_article, publish_article
from tests.support.people import NOON
from tickets.models import Ticket
from tickets.operations.opening import NewTicket, open_ticket


@pytest.fixture
def now() -> datetime:
    return NOON


@pytest.fixture
def ticket(requester: Actor) -> Ticket:
    return open_ticket(NewTicket("Queue is empty", "My review queue is empty since nine."), actor=requester, now=NOON)


@pytest.fixture
def write_article(lead: Actor) -> Callable[..., Article]:
    """A procedure written by the lead, published unless said otherwise."""

    def write(title: str = "Queue is empty", body: str = "Reload.", *, publish: bool = True, **filed: Any) -> Article:
        filed.setdefault("is_public", True)
        article = create_article(ArticleText(title, body, **filed), actor=lead, now=NOON)
        return publish_article(article_id=article.pk, actor=lead, now=NOON) if publish else article

    return write
