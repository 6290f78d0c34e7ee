"""The statements that SQLAlchemy has no common word for."""

from __future__ import annotations

from sqlalchemy import Table, TextClause, bindparam, text


def insert_new(table: Table) -> TextClause:
    """Insert a whole row unless one with its key is there; `rowcount` is 0 then. Both databases."""
    return _insert(table, "DO NOTHING")


def replace(table: Table) -> TextClause:
    """Insert a whole row, or change the one that has its primary key. Both databases."""
    key = ", ".join(column.name for column in table.primary_key)
    others = [column.name for column in table.c if not column.primary_key]
    changes = ", ".join(f"{name} = excluded.{name}" for name in others)
    return _insert(table, f"({key}) DO UPDATE SET {changes}")


def _insert(table: Table, on_conflict: str) -> TextClause:
    names = ", ".join(column.name for column in table.c)
    values = ", ".join(f":{column.name}" for column in table.c)
    into = f"INSERT INTO {table.name} ({names}) VALUES ({values})"  # noqa: S608 - names are ours
    statement = text(f"{into} ON CONFLICT {on_conflict}")
    return statement.bindparams(*(bindparam(c.name, type_=c.type) for c in table.c))
