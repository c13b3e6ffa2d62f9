"""Logs as structured lines that name a request and never repeat what people wrote.

Bodies, tokens, cookies and addresses are dropped by name here, so that a careless call cannot leak them.
"""

from __future__ import annotations

import logging.config
import re
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

_SECRET = re.compile(
    r"passw|secret|token|authoriz|cookie|session|api_?key|body|content|email|phone|address$|subject|full_name",
    re.I,
)
# PostgreSQL repeats the row's values in these lines of its errors.
_ROW_VALUES = re.compile(r"^(DETAIL|CONTEXT|LINE \d+|HINT):.*$", re.M)


def without_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank every value whose name sounds like a secret, a body or a person."""
    for name in event:
        if name not in {"event", "exception"} and _SECRET.search(name):
            event[name] = "[removed]"
    return event


def without_row_values(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take the values of rows out of the database's error texts."""
    if trace := event.get("exception"):
        event["exception"] = _ROW_VALUES.sub(r"\1: [removed]", str(trace))
    return event


class WithoutPath(logging.Filter):
    """Takes the path out of Django's lines about failed requests: it may hold a name or a key."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple) and len(record.args) > 1:
            record.msg, record.args = "%s", record.args[:1]
        return True


def configure(config: Mapping[str, Any]) -> None:
    """Set up structlog and the standard library: ``json`` (one object a line) or console, from ``level`` up."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_FACTS,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    level = str(config.get("level", "INFO"))
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": _line(as_json=bool(config.get("json")))},
            "filters": {"without_path": {"()": WithoutPath}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": _QUIETER | {"uvicorn.error": {"level": level}},
        }
    )


_FACTS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    without_secrets,
]
"""What every line says beside its event, whoever wrote it."""

_QUIETER: dict[str, Any] = {
    # The access line of the middleware says the same without the path.
    "uvicorn.access": {"handlers": [], "propagate": False},
    "django.server": {"handlers": [], "propagate": False},
    # Refusals are answers, not events; errors stay.
    "django.security.DisallowedHost": {"level": "CRITICAL"},
    "django.request": {"level": "ERROR", "filters": ["without_path"]},
    "celery.app.trace": {"level": "WARNING"},
    "celery.beat": {"level": "WARNING"},
    "celery.worker.strategy": {"level": "WARNING"},
    "kombu": {"level": "WARNING"},
    "markdown_it": {"level": "WARNING"},
    "fontTools": {"level": "WARNING"},
}


def _line(*, as_json: bool) -> dict[str, Any]:
    """The formatter of a line: for a program or for a person, with errors without the values of rows."""
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    )
    return {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            without_row_values,
            renderer,
        ],
        "foreign_pre_chain": _FACTS,
    }
