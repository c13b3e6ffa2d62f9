"""The whole API against its own description, with input that nobody would think of.

Bounded so that it stays in the suite: a fixed seed and few examples for each operation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from puo_desk.accounts.api.throttles import ActorThrottle
from puo_desk.wsgi import application
from tests.support.callers import Caller
from tests.support.furnished import FurnishedDesk

CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
