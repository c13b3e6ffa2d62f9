"""Rows of models by plain statements, for what every request does: making a statement by the ORM costs more than
PostgreSQL needs to run it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Field, ForeignKey, Model, fields

Row = TypeVar("Row", bound=Model)


def columns_of(model: type[Model], table: str) -> str:
    """All stored columns of a model for a SELECT, where ``table`` is the alias its table has there."""
    return ", ".join(f'{table}."{field.column}"' for field in _stored(model))


def take_row(model: type[Row], values: Iterator[Any]) -> Row | None:
    """The next row of the model among selected values, in the order of ``columns_of``; None when a join found none."""
    fields = _stored(model)
    taken = [_read(field, next(values)) for field in fields]
    names = [field.attname for field in fields]
    row = model.from_db(DEFAULT_DB_ALIAS, names, taken)
    return row if row.pk is not None else None


def insert_rows(*groups: Sequence[Model]) -> None:
    """Insert new rows, a group for each model, all in one message to PostgreSQL.

    Rows of the last group that have no key get theirs; nothing else is read back. What refers to a row of a later
    group is right at the commit.
    """
    statements, values, keyless = [], [], False
    for rows in filter(None, groups):
        insert = _insert_of(type(rows[0]), rows[0].pk is not None)
        statements.append(f"{insert.head}{', '.join([insert.row] * len(rows))}{insert.tail}")
        for row in rows:
            values += [_written(field, getattr(row, field.attname)) for field in insert.fields]
            row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
        keyless = bool(insert.tail)
    if not statements:
        return
    with connection.cursor() as cursor:
        cursor.execute(";".join(statements), values)
        if keyless:
            for row, (key,) in zip(rows, cursor.fetchall(), strict=True):
                row.pk = key


@dataclass(frozen=True, slots=True)
class _Insert:
    fields: tuple[Field[Any, Any], ...]
    head: str
    row: str
    tail: str


@cache
def _insert_of(model: type[Model], has_key: bool) -> _Insert:
    fields = tuple(field for field in _stored(model) if not field.generated and (has_key or not field.primary_key))
    names = ", ".join(f'"{field.column}"' for field in fields)
    key = model._meta.pk.column if model._meta.pk else ""
    return _Insert(
        fields,
        head=f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ',  # noqa: S608 - names of our own tables
        row=f"({', '.join(['%s'] * len(fields))})",
        tail="" if has_key else f' RETURNING "{key}"',
    )


@cache
def _stored(model: type[Model]) -> tuple[Field[Any, Any], ...]:
    return tuple(model._meta.concrete_fields)


_AS_THEY_ARE = frozenset(
    {
        fields.AutoField, fields.BigAutoField, fields.BigIntegerField, fields.BooleanField, fields.CharField,
        fields.DateTimeField, fields.IntegerField, fields.PositiveIntegerField, fields.PositiveSmallIntegerField,
        fields.SmallIntegerField, fields.TextField, fields.UUIDField, ForeignKey,
    }
)  # fmt: skip
"""Fields whose values the driver takes as they stand in a model. All keys of the desk are numbers or UUIDs."""


def _written(field: Field[Any, Any], value: Any) -> Any:
    return value if type(field) in _AS_THEY_ARE else field.get_db_prep_save(value, connection)


def _read(field: Field[Any, Any], value: Any) -> Any:
    read = getattr(field, "from_db_value", None)
    return value if read is None else read(value, None, connection)
