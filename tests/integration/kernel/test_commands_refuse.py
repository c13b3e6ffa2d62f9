"""Commands given nonsense say what is wrong in a line, not in a trace."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from puo_desk.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["build_daily_reports", "--from", "0001-01-01", "--to", "0001-01-01"], "outside the years"),
        (["build_daily_reports", "--from", "9999-12-31", "--to", "9999-12-31"], "outside the years"),
        (["create_token", "robot", "--service", "--days", "99999999999"], "at most 3650 days"),
        (["create_token", "robot", "--service", "--days", "-1"], "must live"),
        (["audit_due_work", "--every", "-1"], "--every takes seconds from 1 to 86400, not -1"),
        (["audit_due_work", "--every", "0"], "not 0"),
        (["audit_due_work", "--every", "nan"], "not nan"),
        (["audit_due_work", "--every", "inf"], "not inf"),
    ],
)
def test_nonsense_is_refused_in_words(command: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command(*command, stdout=io.StringIO(), stderr=io.StringIO())
    assert not User.objects.exists()
