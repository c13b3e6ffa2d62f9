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


class Writes:
    """What goes to PostgreSQL in one message, in the order it was added; a wait for each statement would cost more
    than most of them. What refers to a row of a later one is right at the commit.
    """

    def __init__(self) -> None:
        self._statements: list[str] = []
        self._values: list[Any] = []
        self._keyless: Sequence[Model] = ()

    def add(self, statement: str, values: Sequence[Any]) -> None:
        """Add a statement that answers nothing."""
        self._statements.append(statement)
        self._values += values
        self._keyless = ()

    def insert(self, rows: Sequence[Model]) -> None:
        """Add new rows of one model. Those that have no key get theirs when they are the last that was added;
        nothing else is read back."""
        if not rows:
            return
        insert = _insert_of(type(rows[0]), rows[0].pk is not None)
        values = [_written(field, getattr(row, field.attname)) for row in rows for field in insert.fields]
        self.add(f"{insert.head}{', '.join([insert.row] * len(rows))}{insert.tail}", values)
        for row in rows:
            row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
        self._keyless = rows if insert.tail else ()

    def send(self) -> None:
        """One round trip; none when nothing was added."""
        if not self._statements:
            return
        with connection.cursor() as cursor:
            cursor.execute(";".join(self._statements), self._values)
            if self._keyless:
                for row, (key,) in zip(self._keyless, cursor.fetchall(), strict=True):
                    row.pk = key


def insert_rows(rows: Sequence[Model]) -> None:
    """Insert new rows of one model at once. Those that have no key get theirs; nothing else is read back."""
    writes = Writes()
    writes.insert(rows)
    writes.send()


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
