"""Writing many rows through PostgreSQL's COPY: several times faster than INSERT, with the memory of the batch."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, models

_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_rows(model: type[models.Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Append rows; each gives the values of ``fields`` (attribute names such as ``team_id``) in their order."""
    columns = [_column(model, name) for name in fields]
    lines = io.StringIO()
    for row in rows:
        lines.write("\t".join(map(_cell, row)))
        lines.write("\n")
    lines.seek(0)
    quote = connection.ops.quote_name
    names = ", ".join(map(quote, columns))
    with connection.cursor() as cursor:
        cursor.cursor.copy_expert(f"COPY {quote(model._meta.db_table)} ({names}) FROM STDIN", lines)


def copy_models(instances: Sequence[models.Model]) -> None:
    """Append unsaved instances of one model, with every field that is stored and not generated."""
    if not instances:
        return
    model = type(instances[0])
    fields = [
        field.attname
        for field in model._meta.concrete_fields
        if not field.generated and not (field.primary_key and instances[0].pk is None)
    ]
    copy_rows(model, fields, ([getattr(instance, name) for name in fields] for instance in instances))


def _column(model: type[models.Model], attname: str) -> str:
    return next(str(field.column) for field in model._meta.concrete_fields if field.attname == attname)


def _cell(value: Any) -> str:
    """A value in COPY's text format; a list is an array of texts, a dict is JSON."""
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(_ESCAPED)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False).translate(_ESCAPED)
    if isinstance(value, list):
        quoted = (json.dumps(str(text), ensure_ascii=False) for text in value)
        return f"{{{','.join(quoted)}}}".translate(_ESCAPED)
    return str(value)
