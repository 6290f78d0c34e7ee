"""The one statement that SQLAlchemy has no common word for."""

from __future__ import annotations

from sqlalchemy import Table, TextClause, bindparam, text


def insert_new(table: Table) -> TextClause:
    """Insert a whole row unless one with its key is there; `rowcount` is 0 then. Both databases."""
    names = ", ".join(column.name for column in table.c)
    values = ", ".join(f":{column.name}" for column in table.c)
    statement = text(f"INSERT INTO {table.name} ({names}) VALUES ({values}) ON CONFLICT DO NOTHING")  # noqa: S608 - names are ours
    return statement.bindparams(*(bindparam(c.name, type_=c.type) for c in table.c))
